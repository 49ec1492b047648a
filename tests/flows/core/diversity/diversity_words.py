"""The small vocabulary that surveys are made of."""

from flows.core.diversity import (
    Cell,
)
from flows.knowledge import Category

ANIMALS = Cell(Category.ANIMAL, "rare")


WORDS = [f"word {n}" for n in range(100)]
