"""``klaver profile``: an empty self-analysis to fill in, and what follows from a filled one."""

from __future__ import annotations

from pathlib import Path

import tomli_w

from klaver.command_line import BadOption
from klaver.console import Speaker
from klaver.language import Language
from sim.inputs.self_analysis import GROUPS, LEAVES, Profile, load_questions


def empty_form(say: Language) -> str:
    """Return a form to fill in, in a language: each question with its purpose and its answers as comments."""
    parts = [f"# {line}" for line in say("profile.how").splitlines()]
    parts += ['name = "our_town"', "", "[answers]"]
    for group in GROUPS:
        parts += ["", f"# --- {say(f'profile.group_{group}')} ---"]
        for question in load_questions():
            if question.group != group:
                continue
            parts += ["", f"# {question.text.get(say.code)}", f"#   {question.purpose.get(say.code)}"]
            if question.number is not None:
                number = question.number
                parts.append(f"#   {say('profile.number', low=say.number(number.low), high=say.number(number.high))}")
                parts.append(f"# {question.id} = {number.low:g}  # {number.unit}")
            else:
                parts += [f"#   \"{option.id}\": {getattr(option, say.code)}" for option in question.options]
                parts.append(f'# {question.id} = "{question.options[0].id}"')
    return "\n".join(parts) + "\n"


def write_text(path: Path, text: str, force: bool) -> None:
    """Write a file; one that is there already only with ``force``.

    Raises
    ------
    BadOption
        If it is there, or cannot be written.
    """
    if path.exists() and not force:
        raise BadOption("error.file_exists", path=path)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise BadOption("error.cannot_write", path=path, problem=problem.strerror or problem) from problem


def strategy_text(profile: Profile, say: Language) -> str:
    """Return the strategy file of a profile, with a line on where it comes from."""
    return f"# {say('profile.file', name=profile.name)}\n" + tomli_w.dumps(profile.table())


def show_profile(speaker: Speaker, profile: Profile) -> None:
    """Show a profile per leaf of the clover: key, value, and why."""
    say = speaker.say
    speaker.result(say("profile.title", name=profile.title.get(say.code) or profile.name))
    for leaf in LEAVES:
        rows = []
        for setting in profile.settings:
            if setting.question.leaf != leaf:
                continue
            answer = next(
                (getattr(option, say.code) for option in setting.question.options if option.id == setting.answer),
                setting.answer,
            )
            why = say("profile.because", question=setting.question.text.get(say.code), answer=answer,
                      because=setting.question.because.get(say.code))  # fmt: skip
            value = setting.value
            shown = say("profile.on" if value else "profile.off") if isinstance(value, bool) else f"{value}"
            rows.append([setting.key, shown, why])
        if rows:
            heads = [say("profile.key"), say("profile.value"), say("profile.why")]
            speaker.result(speaker.table(heads, rows, say(f"profile.leaf_{leaf}")))
    if profile.unanswered:
        names = say.listing([question.id for question in profile.unanswered])
        speaker.remark(say("profile.unanswered", n=len(profile.unanswered), names=names))
    speaker.remark(say("profile.judged"))
