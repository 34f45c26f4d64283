/** Every sampler of the registry keeps the contract. */
import { SAMPLER_IDS } from '#contract/generation-request.ts';
import { describeSampler } from '../../contracts/sampler-contract.ts';

for (const sampler of SAMPLER_IDS) describeSampler(sampler);
