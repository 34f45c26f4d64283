/** The models in words. */
import type { ModelDescription } from '#contract/model-description.ts';
import type { Notice } from './service.ts';

export function describeModels(models: readonly ModelDescription[]): Notice {
  return {
    title: 'Models',
    lines: models.map((model) => {
      const isDefault = model.isDefault ? ' (drawn with unless you say otherwise)' : '';
      const styles = model.styles.length === 0 ? '' : ` Styles: ${model.styles.join(', ')}.`;
      const size = `${model.defaults.widthPx} × ${model.defaults.heightPx}`;
      const able = `${size}, ${model.defaults.steps} steps, ${model.licence} licence.${styles}`;
      const about = model.problem ?? `${model.description} ${able}`;
      return `${model.id}${isDefault} – ${model.name}. ${about}`;
    }),
    details: [],
    buttons: [],
  };
}
