"""What the macros promise: ids that tie parts together, text that stays text, addresses that stay here."""

from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Form,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.desk.navigation import Entry
from tests.pages import check_page
from tests.portal.look.conftest import Draw

HOSTILE = '"><svg onload=alert(1)><script>x</script>'
QUESTION = '{% from "components/question.html" import question %}{{ question(form[name], **extra) }}'
SUMMARY = '{% from "components/error_summary.html" import error_summary %}{{ error_summary(form) }}'


def page(layout: str) -> str:
    """Return the source of a page with one heading."""
    blocks = "{% block title %}Q{% endblock %}{% block content %}<h1>Q</h1>{% endblock %}"
    return f'{{% extends "layouts/{layout}.html" %}}{blocks}'


class Inner(Form):
    street = StringField("Street", [InputRequired("Enter the street")])


class Asked(FlaskForm):
    class Meta:
        csrf = False

    phone = TelField("Phone", [InputRequired("Enter a phone number")], render_kw={"class": "short"})
    unit = RadioField(
        "Unit", [InputRequired("Choose a unit")], choices=[SelectChoice("kg", "Kilo"), SelectChoice("box", "Box")]
    )
    places = SelectMultipleField(
        "Places",
        [InputRequired("Choose a place")],
        choices=[SelectChoice("a", "A"), SelectChoice("b", "B")],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    commune = SelectField(
        "Commune", [InputRequired("Choose a commune")], choices=[SelectChoice("", "-"), SelectChoice("b", "B")]
    )
    story = TextAreaField("Story", [InputRequired("Tell something")])
    agreed = BooleanField("Agreed", [InputRequired("Tick if you agree")])
    home = FormField(Inner)


def failed(app: Flask) -> Asked:
    """Return the form as after an empty POST."""
    with app.test_request_context("/docs/components"):
        form = Asked(formdata=None)
        form.validate()
        form.form_errors.append("The whole is wrong")
        return form


def soup_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html5lib")


def one(soup: BeautifulSoup, selector: str) -> Tag:
    found = soup.select_one(selector)
    assert found is not None, selector
    return found


@pytest.mark.parametrize("name", ["phone", "commune", "story"])
def test_a_control_names_its_hint_and_its_error(drawing_app: Flask, draw: Draw, name: str) -> None:
    soup = soup_of(draw(source=QUESTION, form=failed(drawing_app), name=name, extra={"hint": "As you like"}))
    control = one(soup, f"#{name}")
    assert control["aria-describedby"] == f"{name}-hint {name}-error"
    assert control["aria-invalid"] == "true"
    assert not control.has_attr("required")
    assert one(soup, f"#{name}-hint").get_text() == "As you like"
    assert one(soup, f"#{name}-error").get_text(strip=True)
    assert one(soup, f"label[for={name}]").get_text()


def test_a_phone_field_brings_its_keyboard_and_its_autofill(drawing_app: Flask, draw: Draw) -> None:
    control = one(soup_of(draw(source=QUESTION, form=failed(drawing_app), name="phone", extra={})), "#phone")
    assert (control["type"], control["inputmode"], control["autocomplete"]) == ("tel", "tel", "tel")
    assert control["class"] == ["form-control", "short"]
    extra = {"autocomplete": "off", "class_": "code"}
    control = one(soup_of(draw(source=QUESTION, form=failed(drawing_app), name="phone", extra=extra)), "#phone")
    assert control["autocomplete"] == "off"
    assert control["class"] == ["form-control", "short", "code"]


@pytest.mark.parametrize("name", ["unit", "places"])
def test_choices_stand_in_a_fieldset_with_a_legend(drawing_app: Flask, draw: Draw, name: str) -> None:
    soup = soup_of(draw(source=QUESTION, form=failed(drawing_app), name=name, extra={"page_heading": True}))
    assert one(soup, "fieldset")["aria-describedby"] == f"{name}-error"
    assert one(soup, "legend h1").get_text()
    for choice in soup.select("fieldset input"):
        assert one(soup, f"label[for={choice['id']}]").get_text()


def test_one_tick_has_its_label_after_it(drawing_app: Flask, draw: Draw) -> None:
    soup = soup_of(draw(source=QUESTION, form=failed(drawing_app), name="agreed", extra={}))
    assert one(soup, "#agreed")["type"] == "checkbox"
    assert one(soup, "#agreed + label")["for"] == "agreed"
    assert not soup.select("fieldset")


def test_each_line_of_the_summary_lands_on_its_field(drawing_app: Flask, draw: Draw) -> None:
    form = failed(drawing_app)
    summary = soup_of(draw(source=SUMMARY, form=form))
    links = {link["href"]: link.get_text() for link in summary.select("a")}
    assert links == {
        "#phone": "Enter a phone number",
        "#unit-0": "Choose a unit",
        "#places-0": "Choose a place",
        "#commune": "Choose a commune",
        "#story": "Tell something",
        "#agreed": "Tick if you agree",
        "#home-street": "Enter the street",
    }
    assert "8" in one(summary, "#error-summary-title").get_text()
    assert "The whole is wrong" in summary.get_text()
    questions = "".join(draw(source=QUESTION, form=form, name=name, extra={}) for name in form.data if name != "home")
    page = soup_of(questions + draw(source=QUESTION, form=form.home.form, name="street", extra={}))
    assert all(page.select(href) for href in links)
    box = one(summary, ".error-summary")
    assert box["tabindex"] == "-1"
    assert box.has_attr("autofocus")


def test_no_summary_without_errors(drawing_app: Flask, draw: Draw) -> None:
    with drawing_app.test_request_context("/docs/components"):
        form = Asked(formdata=None)
    assert draw(source=SUMMARY, form=form).strip() == ""


PEOPLES_TEXT = {
    "button": "button(text)",
    "status_tag": 'status_tag(text, "green")',
    "notice": 'notice(text, "red")',
    "verdict": 'verdict("amber", text, text)',
    "facts": "facts([(text, text)])",
    "timeline": "timeline([(text, text)])",
    "summary_list": "summary_list([(text, text, text), (text, text, text, text)])",
    "confirmation": "confirmation(text, text)",
    "help_block": "help_block(text, text, text)",
    "back_link": "back_link(text)",
    "empty": "empty(text, text, text, text)",
    "table": "table(text, [text, (text, text)], [[text, text]])",
    "tile": "tile(text, text, text, text)",
    "qr_figure": "qr_figure(text, [(text, text, True)], text)",
    "chart_figure": "chart_figure(text, text, text, [text], [[text]], [(text, text)])",
}


@pytest.mark.parametrize(("name", "call"), PEOPLES_TEXT.items())
def test_peoples_text_stays_text(draw: Draw, name: str, call: str) -> None:
    source = f'{{% from "components/{name}.html" import {name} %}}{{{{ {call} }}}}'
    soup = soup_of(draw(source=source, text=HOSTILE))
    assert not soup.select("script")
    assert not soup.select("[onload]")
    assert HOSTILE in soup.get_text() or any(HOSTILE in str(tag.attrs.values()) for tag in soup.select("[href]"))


def pager(draw: Draw, address: str, **page: Any) -> BeautifulSoup:
    source = '{% from "components/pager.html" import pager %}{{ pager(page) }}'
    return soup_of(draw(source=source, address=address, page=SimpleNamespace(**page)))


def test_the_pager_keeps_the_filters_and_stays_on_the_page(draw: Draw) -> None:
    hostile = "/docs/components?q=g%E1%BA%A1o&unit=a&unit=b&page=2&_scheme=javascript&_external=1&endpoint=x"
    soup = pager(draw, hostile, page=2, pages=3, has_prev=True, has_next=True)
    kept = "?q=g%E1%BA%A1o&unit=a&unit=b&_scheme=javascript&_external=1&endpoint=x&page="
    assert one(soup, "a[rel=prev]")["href"] == kept + "1"
    assert one(soup, "a[rel=next]")["href"] == kept + "3"


def test_one_page_needs_no_pager(draw: Draw) -> None:
    assert not pager(draw, "/docs/components", page=1, pages=1, has_prev=False, has_next=False).select("nav")


def test_a_wrong_form_is_named_in_the_title_once(drawing_app: Flask, draw: Draw) -> None:
    wrong, english = failed(drawing_app), "/docs/components?lang=en"
    soup = check_page(draw(source=page("person"), address=english, form=wrong), "title")
    assert one(soup, "title").get_text() == "Error: Q – Chợ Số"
    own = page("person").replace("%}Q{%", '%}{{ _("Error: ") }}Q{%', 1)
    assert one(soup_of(draw(source=own, address=english, form=wrong)), "title").get_text() == "Error: Q – Chợ Số"
    assert one(soup_of(draw(source=page("person"))), "title").get_text() == "Q – Chợ Số"


@pytest.mark.parametrize("code", [400, 403, 404, 405, 409, 410, 413, 429, 500, 503])
def test_each_error_page_says_what_to_do(draw: Draw, code: int) -> None:
    soup = check_page(draw(f"errors/{code}.html", status=code), f"errors/{code}")
    assert one(soup, ".fault a.btn")["href"]
    assert len(one(soup, ".fault").select("p")) >= 3
    assert one(soup, "aside.help")
    if code in (500, 503):
        assert not soup.select("link[rel=stylesheet]")


def test_an_error_page_says_when_to_try_again(draw: Draw) -> None:
    html = draw("errors/429.html", address="/docs/components?lang=en", fields={"retry_after_s": 301})
    assert "Try again in 6 minutes." in html


def test_a_bare_page_asks_for_nothing_else(draw: Draw) -> None:
    source = page("bare")
    soup = check_page(draw(source=source), "bare")
    assert one(soup, "link[rel=icon]")["href"] == "data:,"
    assert not soup.select("script, link[rel=stylesheet], img")
    assert one(soup, "style")["nonce"]
    hashed = "{% set style_by_hash = true %}" + source
    assert draw(source=hashed) == draw(source=hashed)
    assert not one(soup_of(draw(source=hashed)), "style").has_attr("nonce")


def test_officers_lists_mark_the_page_that_is_open(draw: Draw) -> None:
    source = page("officer")
    nav = [("Needs a person", [Entry("Here", "/docs/components", 1204, here=True), Entry("There", "/there")])]
    soup = check_page(draw(source=source, side_nav=nav), "officer")
    here = one(soup, ".side a[aria-current=page]")
    assert here.get_text() == "Here 1.204"
    assert one(soup, ".side a[href='/there']").get_text() == "There"
    assert not check_page(draw(source=source), "alone").select(".side, .columns")
