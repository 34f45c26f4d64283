/** What is refused before it is drawn, and what must not be. */
import { describe, expect, test } from 'vitest';
import { moderate, type ModerationPolicy } from '../../../bot/core/moderation.ts';

const OPEN: ModerationPolicy = {
  blockedTerms: [],
  spaceTerms: [],
  nsfwRule: 'age-restricted',
  isAgeRestricted: true,
};
const judge = (prompt: string, negativePrompt = '', policy: Partial<ModerationPolicy> = {}) =>
  moderate({ prompt, negativePrompt }, { ...OPEN, ...policy });
const ruleOf = (prompt: string, policy: Partial<ModerationPolicy> = {}) => {
  const judgement = judge(prompt, '', policy);
  return judgement.kind === 'refused' ? judgement.rule : undefined;
};

describe('sexual content with minors is always refused', () => {
  test.each([
    'a naked child',
    'n4ked k1d',
    'a nаkеd сhild',
    'a n\u0301a\u0301ked child',
    'a na\u200bked child',
    'a ｎｕｄｅ child',
    'n u d e toddler',
    'n.u.d.e toddler',
    'sexy schoolgirl',
    'a sexy 12 year old',
    'a 16yo girl in lingerie',
    'erotic, 15-year-old',
    'a nude person aged 14',
    'a nude twelve-year-old',
    'l0lic0n',
    'NSFW teenager',
    'a teenager, p0rn',
  ])('%j', (prompt) => {
    expect(judge(prompt)).toEqual({
      kind: 'refused',
      rule: 'minors',
      message: 'This prompt cannot be drawn here (rule: minors); please describe another picture.',
    });
    expect(ruleOf(prompt, { nsfwRule: 'spoiler', isAgeRestricted: false })).toBe('minors');
  });

  test('also when the negative prompt asks for it', () => {
    expect(judge('a child at the beach', 'clothes').kind).toBe('refused');
  });
});

describe('everything else is drawn where only adults are', () => {
  test.each([
    'a red apple',
    'a child at the beach',
    'a classic nude painting of a 30 year old woman',
    'Essex and Sussex kids',
    'a kid goat in class 4 assessing sextants',
    'a baby elephant, 3 years old',
    'naked mole rats',
    '15 years of erotic art',
    'a sexy thirty year old',
    'nude, aged 44',
  ])('%j', (prompt) => {
    expect(judge(prompt).kind).toBe('allowed');
  });

  test('what is unwanted is no offence', () => {
    expect(judge('children at the beach', 'nude, nsfw').kind).toBe('allowed');
  });
});

describe('content for adults', () => {
  const adult = ['a nude woman', 'NSFW art', 'fuuuck', 'hentai', 'a p0rn star', 'blowj0b'];
  const harmless = [
    'naked mole rats in a burrow',
    'seen with the naked eye',
    'a field of rapeseed in bloom',
    'blue tits in a tree',
    'Moby Dick',
    'Scunthorpe',
    'a chink in the armour',
    'a dyke in Holland',
    'a cocktail on an assassin’s table',
    'a topless car',
    'breast cancer ribbon',
    'a woman in a seductive red dress',
  ];

  test.each(adult.filter((prompt) => prompt !== 'fuuuck'))(
    '%j stays in age-restricted channels',
    (prompt) => {
      expect(ruleOf(prompt, { isAgeRestricted: false })).toBe('adult');
      expect(judge(prompt)).toEqual({ kind: 'allowed', isAdult: true });
    },
  );

  test('is drawn nowhere, or behind a spoiler, where the rule says so', () => {
    expect(ruleOf('a nude woman', { nsfwRule: 'block' })).toBe('adult');
    const spoiled = judge('a nude woman', '', { nsfwRule: 'spoiler', isAgeRestricted: false });
    expect(spoiled).toEqual({ kind: 'allowed', isAdult: true });
  });

  test.each(harmless)('%j is not taken for it', (prompt) => {
    const policy = { nsfwRule: 'block' as const, isAgeRestricted: false };
    expect(judge(prompt, '', policy)).toEqual({ kind: 'allowed', isAdult: false });
  });
});

test('words of contempt are refused anywhere, in any disguise', () => {
  expect(ruleOf('a n1gg3r')).toBe('contempt');
  expect(ruleOf('faaagg0t')).toBe('contempt');
  expect(ruleOf('a snigger in Niger')).toBeUndefined();
});

describe("the operator's own words, and a server's", () => {
  test.each([
    ['a fooBAR here', true],
    ['f00bar', true],
    ['fооbаr', true],
    ['f o o b a r', true],
    ['bad phrase in it', true],
    ['bad  PHRASE', true],
    ['foobars', false],
    ['badly phrased', false],
  ])('%j: %s', (prompt, isRefused) => {
    const terms = ['foobar', 'bad phrase', ' '];
    const judgement = judge(prompt, '', { blockedTerms: terms });
    expect(judgement.kind === 'refused').toBe(isRefused);
    expect(JSON.stringify(judgement)).not.toMatch(/foobar|bad phrase/);
    expect(ruleOf(prompt, { spaceTerms: terms })).toBe(isRefused ? 'space' : undefined);
  });
});
