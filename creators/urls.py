from django.contrib.auth.views import LogoutView
from django.urls import path

from creators.views import creators, doors, footage, room

urlpatterns = [
    path("login/", doors.login, name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("setup/", doors.setup, name="setup"),
    path("creators/", creators.creator_list, name="creator-list"),
    path("creators/new/", creators.creator_create, name="creator-create"),
    path("creators/<int:pk>/", room.creator_detail, name="creator-detail"),
    path("creators/<int:pk>/edit/", creators.creator_update, name="creator-update"),
    path("creators/<int:pk>/photo/", room.portrait_create, name="portrait-create"),
    path("portraits/<int:pk>/", room.portrait_detail, name="portrait-detail"),
    path("portraits/<int:pk>/image/", room.portrait_image, name="portrait-image"),
    path("portraits/<int:pk>/preview/", room.portrait_preview, name="portrait-preview"),
    path("portraits/<int:pk>/face/", room.portrait_choose, name="portrait-choose"),
    path("portraits/<int:pk>/delete/", room.portrait_delete, name="portrait-delete"),
    path("creators/<int:pk>/voice/", room.voice_create, name="voice-create"),
    path("voices/<int:pk>/", room.voice_detail, name="voice-detail"),
    path("voices/<int:pk>/sample/", room.voice_sample, name="voice-sample"),
    path("voices/<int:pk>/delete/", room.voice_delete, name="voice-delete"),
    path("creators/<int:pk>/footage/", footage.footage_create, name="footage-create"),
    path("footage/<int:pk>/", footage.footage_detail, name="footage-detail"),
    path("footage/<int:pk>/video/", footage.footage_video, name="footage-video"),
    path("footage/<int:pk>/still/", footage.footage_still, name="footage-still"),
    path("footage/<int:pk>/delete/", footage.footage_delete, name="footage-delete"),
    path("creators/<int:pk>/consent/", room.consent_create, name="consent-create"),
    path("consents/<int:pk>/revoke/", room.consent_revoke, name="consent-revoke"),
]
