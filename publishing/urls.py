from django.urls import path

from publishing import views

urlpatterns = [
    path("queue/", views.post_list, name="post-list"),
    path("queue/<int:pk>/", views.post_detail, name="post-detail"),
    path("queue/<int:pk>/approve/", views.post_approve, name="post-approve"),
    path("queue/<int:pk>/cancel/", views.post_cancel, name="post-cancel"),
    path("queue/<int:pk>/reschedule/", views.post_reschedule, name="post-reschedule"),
    path("queue/<int:pk>/caption/", views.post_update, name="post-update"),
    path("queue/<int:pk>/settle/", views.post_settle, name="post-settle"),
    path("queue/<int:pk>/retry/", views.post_retry, name="post-retry"),
    path("reels/<int:reel_pk>/post/", views.post_create, name="post-create"),
    path("accounts/", views.account_list, name="account-list"),
    path("accounts/connect/", views.account_create, name="account-create"),
    path("accounts/<int:pk>/disconnect/", views.account_disconnect, name="account-disconnect"),
]
