from django.urls import path

from publishing import views

urlpatterns = [
    path("queue/", views.post_list, name="post-list"),
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
    path("accounts/", views.account_list, name="account-list"),
    path("accounts/connect/", views.account_create, name="account-create"),
    path("accounts/<int:pk>/disconnect/", views.account_disconnect, name="account-disconnect"),
]
