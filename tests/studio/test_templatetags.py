"""What every template may use."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from studio.lib.templatetags import studio as tags


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As the audience knows them.")
    agree = forms.BooleanField(label="I agree")
    kind = forms.ChoiceField(choices=[("a", "One"), ("b", "Two")], widget=forms.RadioSelect)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


def nav(path, name="creator-list"):
    request = RequestFactory().get(path)
    template = Template("{% nav_item name 'users-round' 'Creators' %}")
    return template.render(Context({"request": request, "name": name}))


def test_an_icon_is_drawn_inline_and_not_read_aloud():
    svg = tags.icon("check")
    assert svg.startswith("<svg")
    assert 'aria-hidden="true"' in svg


def test_an_icon_that_is_not_there_is_noticed():
    with pytest.raises(FileNotFoundError):
        tags.icon("no-such-icon")


def test_the_navigation_knows_where_one_stands():
    assert 'aria-current="page"' in nav("/creators/")
    assert 'aria-current="true"' in nav("/creators/7/")
    assert "aria-current" not in nav("/queue/")


def test_today_is_not_current_everywhere():
    assert "aria-current" not in nav("/queue/", name="today")


def test_a_moment_is_said_in_the_creators_own_time():
    moment = dt.datetime(2020, 6, 1, 22, 30, tzinfo=dt.UTC)
    assert tags.when(moment, ZoneInfo("Asia/Tokyo")) == "on Tuesday 2 June 2020 at 07:30"


def test_a_moment_that_has_not_come_is_not_said():
    assert tags.when(None, ZoneInfo("Asia/Tokyo")) == ""


def test_only_the_first_letter_is_raised():
    assert tags.sentence("being made by NASA") == "Being made by NASA"


class TestFields:
    def page(self, **data):
        return render_to_string("components/form.html", {"form": SampleForm(data or None)})

    def test_a_hint_and_a_fault_are_read_with_the_field(self):
        page = self.page(seen="x")
        assert 'aria-describedby="id_name_helptext id_name_error"' in page
        assert 'id="id_name_helptext"' in page
        assert 'id="id_name_error"' in page
        assert 'aria-invalid="true"' in page

    def test_what_may_be_left_out_says_so(self):
        class Form(forms.Form):
            topic = forms.CharField(required=False)

        assert "optional" in render_to_string("components/form.html", {"form": Form()})
        assert "optional" not in self.page()

    def test_choices_are_a_group_with_a_name(self):
        assert "<legend>Kind</legend>" in self.page()

    def test_a_checkbox_is_touched_by_its_words(self):
        page = self.page()
        label = page[page.index('for="id_agree"') :]
        assert "I agree" in label[: label.index("</label>")]

    def test_a_hidden_field_has_no_words(self):
        assert "Seen" not in self.page()
