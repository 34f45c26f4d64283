/** Offers while a person types into an option, from the core's own completion. */
import type { ImagineService } from '../../core/service.ts';
import { flagOfOption } from './commands.ts';
import { DISCORD_LIMITS } from './limits.ts';
import type { DiscordInteraction } from './parse.ts';

export async function toCompletions(
  { options }: Extract<DiscordInteraction, { kind: 'completion' }>,
  service: Pick<ImagineService, 'complete'>,
): Promise<{ name: string; value: string }[]> {
  const focused = options.find((option) => option.focused === true);
  const flag = focused === undefined ? undefined : flagOfOption(focused.name);
  if (focused === undefined || flag === undefined) return [];
  const text = `--${flag} ${String(focused.value ?? '')}`;
  const offers = await service.complete(text, text.length);
  return offers
    .filter(({ label }) => label.length <= DISCORD_LIMITS.choiceCharacters)
    .slice(0, DISCORD_LIMITS.choices)
    .map(({ label, description }) => ({
      name: `${label} – ${description}`.slice(0, DISCORD_LIMITS.choiceCharacters),
      value: label,
    }));
}
