from django.urls import path

from avatar.views import engines, hooks, links, looks, reels

urlpatterns = [
    path("creators/<int:pk>/look/", looks.look_update, name="look-update"),
    path("creators/<int:pk>/engine-fields/", looks.engine_fields, name="engine-fields"),
    path("creators/<int:pk>/backgrounds/", looks.backdrop_create, name="backdrop-create"),
    path("backgrounds/<int:pk>/", looks.backdrop_preview, name="backdrop-preview"),
    path("backgrounds/<int:pk>/delete/", looks.backdrop_delete, name="backdrop-delete"),
    path("engines/", engines.engine_list, name="engine-list"),
    path("creators/<int:pk>/engines/test/", engines.engine_test, name="engine-test"),
    path("creators/<int:pk>/engines/key/", engines.key_create, name="engine-key-create"),
    path("engine-keys/<int:pk>/delete/", engines.key_delete, name="engine-key-delete"),
    path("creators/<int:pk>/engines/budget/", engines.budget_update, name="budget-update"),
    path("callbacks/engines/", hooks.told, name="engine-callback"),
    path("scripts/<int:pk>/price/", engines.script_price, name="script-price"),
    path("f/<str:token>/<str:name>", links.source_link, name="source-link"),
    path("reels/", reels.reel_list, name="reel-list"),
    path("reels/of-script/<int:script_pk>/", reels.reel_create, name="reel-create"),
    path("reels/<int:pk>/", reels.reel_detail, name="reel-detail"),
    path("reels/<int:pk>/cancel/", reels.reel_cancel, name="reel-cancel"),
    path("reels/<int:pk>/retry/", reels.reel_retry, name="reel-retry"),
    path("charges/<int:pk>/", engines.charge_detail, name="charge-detail"),
    path("charges/<int:pk>/again/", reels.charge_again, name="charge-again"),
    path("charges/<int:pk>/leave/", reels.charge_leave, name="charge-leave"),
    path("reels/<int:pk>/video/", reels.reel_video, name="reel-video"),
    path("reels/<int:pk>/cover/", reels.reel_cover, name="reel-cover"),
    path("reels/<int:pk>/subtitles/<str:kind>/", reels.reel_subtitles, name="reel-subtitles"),
]
