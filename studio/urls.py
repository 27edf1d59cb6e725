"""Which address shows what."""

from django.urls import include, path

from studio import views

urlpatterns = [
    path("", views.today, name="today"),
    path("next-step/", views.next_step, name="next-step"),
    path("health/", views.health, name="health"),
    path("", include("creators.urls")),
    path("", include("scripts_gen.urls")),
    path("", include("avatar.urls")),
    path("", include("publishing.urls")),
]
