from django.urls import path

from scripts_gen.views import calendar, notes, scripts, translations

urlpatterns = [
    path("calendar/", calendar.slot_list, name="slot-list"),
    path("calendar/plan/", calendar.week_plan, name="week-plan"),
    path("calendar/new/", calendar.slot_create, name="slot-create"),
    path("calendar/<int:pk>/", calendar.slot_update, name="slot-update"),
    path("calendar/<int:pk>/delete/", calendar.slot_delete, name="slot-delete"),
    path("calendar/<int:pk>/write/", calendar.slot_write, name="slot-write"),
    path("calendar/notes/", notes.note_list, name="note-list"),
    path("calendar/notes/new/", notes.note_create, name="note-create"),
    path("calendar/notes/<int:pk>/", notes.note_update, name="note-update"),
    path("calendar/notes/<int:pk>/delete/", notes.note_delete, name="note-delete"),
    path("calendar/pillars/", notes.pillar_list, name="pillar-list"),
    path("calendar/pillars/new/", notes.pillar_create, name="pillar-create"),
    path("calendar/pillars/<int:pk>/", notes.pillar_update, name="pillar-update"),
    path("calendar/pillars/<int:pk>/delete/", notes.pillar_delete, name="pillar-delete"),
    path("scripts/", scripts.script_list, name="script-list"),
    path("scripts/<int:pk>/", scripts.script_detail, name="script-detail"),
    path("scripts/<int:pk>/approve/", scripts.script_approve, name="script-approve"),
    path("scripts/<int:pk>/reject/", scripts.script_reject, name="script-reject"),
    path("scripts/<int:pk>/edit/", scripts.script_update, name="script-update"),
    path("scripts/<int:pk>/translations/", translations.script_translate, name="script-translate"),
    path("scripts/<int:pk>/withdraw/", scripts.script_withdraw, name="script-withdraw"),
]
