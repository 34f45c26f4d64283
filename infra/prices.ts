/** The price file, typed; its date and sources are in it. */
import prices from './prices.json' with { type: 'json' };

export { prices };

const machineHours: Readonly<Record<string, number>> = prices.machineHours;

/** What an hour of the cheapest of these types costs on demand with the fee for Managed Instances, in US dollars. */
export function usdPerMachineHour(instanceTypes: readonly string[]): number {
  const known = instanceTypes.flatMap((type) => machineHours[type] ?? []);
  if (known.length === 0) {
    throw new Error(
      `infra/prices.json has no price for ${instanceTypes.join(', ')}; add one, or choose among ${Object.keys(machineHours).join(', ')}.`,
    );
  }
  const usd = Math.min(...known) * (1 + prices.managedInstancesFeeShare);
  return Math.round(usd * 10_000) / 10_000;
}
