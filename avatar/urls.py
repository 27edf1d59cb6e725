from django.urls import path

from avatar import views

urlpatterns = [
    path("reels/", views.reel_list, name="reel-list"),
    path("reels/of-script/<int:script_pk>/", views.reel_create, name="reel-create"),
    path("reels/<int:pk>/", views.reel_detail, name="reel-detail"),
    path("reels/<int:pk>/cancel/", views.reel_cancel, name="reel-cancel"),
    path("reels/<int:pk>/retry/", views.reel_retry, name="reel-retry"),
    path("reels/<int:pk>/video/", views.reel_video, name="reel-video"),
    path("reels/<int:pk>/cover/", views.reel_cover, name="reel-cover"),
    path("reels/<int:pk>/subtitles/<str:kind>/", views.reel_subtitles, name="reel-subtitles"),
]
