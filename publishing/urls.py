from django.urls import path

from publishing import views
from publishing.accounts import callback_views, choice_views
from publishing.accounts import views as account_views

urlpatterns = [
    path("queue/", views.post_list, name="post-list"),
    path("results/", views.result_list, name="result-list"),
    path("posts/<int:pk>.json", views.post_data, name="post-data"),
    path("posts/<int:pk>/", views.post_detail, name="post-detail"),
    path("posts/<int:pk>/approve/", views.post_approve, name="post-approve"),
    path("posts/<int:pk>/cancel/", views.post_cancel, name="post-cancel"),
    path("posts/<int:pk>/reschedule/", views.post_reschedule, name="post-reschedule"),
    path("posts/<int:pk>/caption/", views.post_update, name="post-update"),
    path("posts/<int:pk>/settle/", views.post_settle, name="post-settle"),
    path("posts/<int:pk>/retry/", views.post_retry, name="post-retry"),
    path("m/<str:token>/<str:name>", views.media_link, name="media-link"),
    path("reels/<int:reel_pk>/post/", views.post_create, name="post-create"),
    path("accounts/", account_views.account_list, name="account-list"),
    path("accounts/connect/", account_views.account_create, name="account-create"),
    path("accounts/mail/", account_views.account_mail, name="account-mail"),
    path("accounts/<int:pk>/", account_views.account_detail, name="account-detail"),
    path("accounts/<int:pk>/options/", account_views.account_update, name="account-update"),
    path("accounts/<int:pk>/choices/", choice_views.choice_fields, name="choice-fields"),
    path("accounts/<int:pk>/test/", account_views.account_test, name="account-test"),
    path(
        "accounts/<int:pk>/disconnect/",
        account_views.account_disconnect,
        name="account-disconnect",
    ),
    path(
        "connect/<slug:name>/<int:creator_pk>/", account_views.connect_start, name="connect-start"
    ),
    path("connect/<slug:name>/callback/", account_views.connect_callback, name="connect-callback"),
    path(
        "connect/<slug:name>/choose/<str:state>/",
        account_views.connect_choose,
        name="connect-choose",
    ),
    path(
        "callbacks/<slug:registration>/deauthorize/",
        callback_views.meta_deauthorize,
        name="callback-deauthorize",
    ),
    path(
        "callbacks/<slug:registration>/delete/",
        callback_views.meta_delete,
        name="callback-delete",
    ),
    path(
        "callbacks/deletion/<slug:code>/",
        callback_views.deletion_status,
        name="callback-deletion",
    ),
    path("callbacks/tiktok/", callback_views.tiktok, name="callback-tiktok"),
]
