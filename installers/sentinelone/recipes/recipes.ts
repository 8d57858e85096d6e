/** How each package format is installed and repaired: the whole argument list, as data. Nothing in an assignment adds to it. */
import type { Recipe } from '#installers/vendor.ts';
import type { PackageFormat } from '#platform/platform.ts';
import { linuxRecipes } from '#installers/sentinelone/recipes/linux.ts';
import { macosRecipes } from '#installers/sentinelone/recipes/macos.ts';
import { windowsRecipes } from '#installers/sentinelone/recipes/windows.ts';

const recipes: readonly Recipe[] = [...linuxRecipes, ...windowsRecipes, ...macosRecipes];

/** null: this build does not know how to install the format. */
export function recipeFor(format: PackageFormat): Recipe | null {
  return recipes.find((recipe) => recipe.format === format) ?? null;
}
