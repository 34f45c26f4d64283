/** What a package can do beside drawing from words, as far as its files tell. */
import type { ModelAbility } from '#contract/model-description.ts';

export interface PackageFacts {
  hasEncoder: boolean;
  latentChannels: number;
  /** Of the network, where its configuration says. */
  inputChannels: number | undefined;
}

/** An inpainting network takes a mask and a masked picture beside the sample: twice the latents, and one. */
export function listAbilities(facts: PackageFacts): ModelAbility[] {
  const { hasEncoder, latentChannels, inputChannels } = facts;
  const isInpainting = inputChannels === 2 * latentChannels + 1;
  const native: ModelAbility[] = isInpainting ? ['native-inpaint'] : [];
  const withEncoder: ModelAbility[] = ['image-to-image', 'inpaint', 'outpaint', ...native];
  return [...(hasEncoder ? withEncoder : []), ...(isInpainting ? [] : TILING), 'prompt-walk'];
}

const TILING: readonly ModelAbility[] = ['tile'];
