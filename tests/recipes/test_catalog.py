"""The list of recipes agrees with the recipes: module, main, presets, options."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import belvedere as bv
from belvedere.recipes import arguments
from belvedere.recipes.catalog import RECIPES, SHARED, Recipe, check_preset, recipe_called
from belvedere.recipes.settings import PRESETS
from tests.source_tree import PACKAGE, REPOSITORY

NO_RECIPE = {"pipeline", "torchrun", "faults"}  # they run others, and have lists of their own


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_line_of_the_catalog_is_what_the_module_says(recipe: Recipe) -> None:
    module = importlib.import_module(recipe.module)
    assert callable(module.main)
    parser = getattr(module, "parser", arguments.parser)()
    known = {option.removeprefix("--") for action in parser._actions for option in action.option_strings}
    assert recipe.options == SHARED & known
    assert set(recipe.presets) == set(PRESETS if recipe.name == "pretrain" else getattr(module, "PRESETS", {}))
    if recipe.presets:
        assert parser.parse_args([]).preset in (None, recipe.presets[0])


def test_every_runnable_recipe_is_in_the_catalog() -> None:
    runnable = {
        path.stem
        for path in (PACKAGE / "recipes").glob("*.py")
        if 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")
    }
    runnable |= {path.parent.name for path in (PACKAGE / "recipes").glob("*/__main__.py")}
    assert {one.name for one in RECIPES} == runnable - NO_RECIPE


def test_a_recipe_that_begins_with_the_checkpoint_of_another_names_a_recipe() -> None:
    names = {one.name for one in RECIPES}
    assert {one.after for one in RECIPES if one.after} <= names


def test_a_wrong_name_is_told_the_right_one() -> None:
    assert recipe_called("pretrain").module == "belvedere.recipes.pretrain"
    with pytest.raises(bv.UsageError, match="no recipe is called 'pretrian'; did you mean pretrain\\?"):
        recipe_called("pretrian")
    with pytest.raises(bv.UsageError, match="no recipe is called 'zzz'; there are pretrain, "):
        recipe_called("zzz")
    with pytest.raises(bv.UsageError, match="pretrain has no preset 'tinny'; did you mean tiny\\?"):
        check_preset(recipe_called("pretrain"), "tinny")


def test_the_catalog_loads_no_torch(tmp_path: Path) -> None:
    code = "import sys, belvedere.recipes.catalog; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False)
    assert done.returncode == 0
