"""Tells texts in which a model has nothing to say from definitions, which may speak of just that."""

import pytest
from rule_values import definition, entry

from flows.core.entries import deep_problems, definition_problems
from flows.core.evasion import is_evasive
from flows.core.prompts import SYSTEM


@pytest.mark.parametrize(
    "text",
    [
        "I cannot define this word.",
        "I'm sorry, but I can't help with that request.",
        "I’m sorry, I can’t help with that.",
        "Sorry, I don't know this word.",
        "I apologize, but I cannot fulfill this request.",
        "I am unable to provide a definition.",
        "I do not know the meaning of this word.",
        "I must decline to answer this.",
        "We cannot provide this content.",
        "Unfortunately, the evidence is insufficient.",
        "My apologies, but this word cannot be defined.",
        "As an AI language model, I cannot do that.",
        "No evidence was found for this word.",
        "No definition available for this term.",
        "There is not enough information to define this word.",
        "Insufficient evidence to define this word.",
        "The evidence does not define the word.",
        "The provided evidence does not mention a cat.",
        "The evidence contradicts itself, so no definition can be given.",
        "The meaning is unclear from the evidence.",
        "This word is not recognized.",
        "The word “zorp” is not in the dictionary.",
        "The term zorp could not be found in any evidence.",
        "Cannot provide a definition for this word.",
        "Unable to determine the meaning of this word.",
        "It is not possible to define this word.",
        "Definition not available.",
        "Meaning unknown from the evidence.",
        "This is not a valid English word.",
        "Please provide evidence for this word.",
        "I have no definition for this word.",
        "There is no such word.",
        "This appears to be a typo.",
        "Here is the definition you asked for.",
        "Error: could not generate a definition.",
        "TODO: write the definition",
        "A short definition of the word.",
        "one definition of at most 30 words",
        "One definition of at most 30 words in plain English, without the word itself",
        "the commonest meaning. pos: its part of speech",
    ],
)
def test_what_says_nothing_of_a_word_is_no_definition(text):
    assert is_evasive(text)
    assert definition_problems(definition(text=text)) != ()


@pytest.mark.parametrize(
    "text",
    [
        "Something that one cannot define in words.",
        "Unable to move or to act.",
        "Unable to find the right word.",
        "Cannot be undone or changed.",
        "Not able to be seen; hidden from the eye.",
        "No longer in use.",
        "Not enough to satisfy a need.",
        "Impossible to determine the meaning of.",
        "A verdict given when no evidence was found.",
        "Not supported by any evidence that was found.",
        "Evidence that is not known to a court.",
        "A word that is not found in any dictionary.",
        "A term for what cannot be defined.",
        "The word for a sound that does not end.",
        "A statement of the meaning of a word.",
        "One definition of several that a dictionary gives.",
        "A word that repeats what was said, as in “I'm sorry, I cannot come”.",
        "Feeling regret; sorry for what cannot be put right.",
        "Sorry and ashamed of oneself.",
        "To say that one is sorry and cannot help.",
        "The evidence of a witness, given in court.",
        "The meaning that a speaker has in mind.",
        "The definition of a picture: how sharp and clear it is.",
        "Information that has been found and is not known to others.",
        "Definition by showing an example.",
        "Lacking information; not told.",
        "Null and void; having no force in law.",
        "In an unfortunate way; unfortunately.",
        "I, the ninth letter of the alphabet.",
        "Ideas that we do not question.",
        "As an artificial language, made for machines.",
        "An entry in a list that was not found before.",
        "The request of a person who is unable to pay.",
        "Unable to give a satisfactory answer.",
        "Not able to complete a request in time.",
        "The concept that no truth can be known.",
        "The term for a thing that is not known.",
        "The word that a speaker has not found yet.",
        "The phrase of a song that is not sung, known from its first line.",
        "This side of what is known; not beyond it.",
        "closely related",
    ],
)
def test_a_definition_may_speak_of_what_is_not(text):
    assert not is_evasive(text)
    assert definition_problems(definition(text=text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "A small pet that purrs.<|im_end|>",
        "<think>hm</think>A small pet that purrs.",
        "A&nbsp;small pet that purrs.",
        "**Cat** (noun): a small pet that purrs.",
    ],
)
def test_what_is_left_of_a_dress_is_refused(text):
    assert definition_problems(definition(text=text)) == (
        "definition: contains signs of a template or of markup",
    )


@pytest.mark.parametrize(
    "text", ["Of R&D; and the like: a firm.", "Less than, as in a < b | c > d.", "2 ** 3 is 8 here."]
)
def test_signs_that_belong_to_a_definition_stay(text):
    assert definition_problems(definition(text=text)) == ()


def test_every_prompt_is_told():
    assert all(is_evasive(system[40:120]) for system in SYSTEM.values())


def test_a_refusal_is_no_explanation():
    refusal = "I'm sorry, but I cannot explain this word any further than its definition does. " * 2
    assert any(
        "there is none" in problem for problem in deep_problems(entry(depth="deep", explanation=refusal))
    )
