/** The stores that end with the process keep the same promises. */
import { createMemoryImageStore } from '../../../bot/stores/memory-image-store.ts';
import { createMemoryJobStore } from '../../../bot/stores/memory-job-store.ts';
import { createMemorySettingsStore } from '../../../bot/stores/memory-settings-store.ts';
import { describeImageStore } from '../../contracts/image-store-contract.ts';
import { describeJobStore } from '../../contracts/job-store-contract.ts';
import { describeSettingsStore } from '../../contracts/settings-store-contract.ts';

describeJobStore('memory', async () => createMemoryJobStore());
describeSettingsStore('memory', async (clock) => createMemorySettingsStore(clock));
describeImageStore('memory', async () => createMemoryImageStore());
