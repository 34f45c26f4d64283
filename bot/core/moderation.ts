/**
 * What is refused before it reaches the image function. A small rule set, not a judge: it looks for words with their
 * borders, after undoing the usual disguises. Sexual content with minors is refused whatever the configuration says.
 */
import { DataSet, englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity';
import { plainText, plainTextWithDigits, spellings } from './plain-text.ts';
import type { NsfwRule } from './settings.ts';

export interface ModerationPolicy {
  /** Words and phrases of the operator, in any case. */
  blockedTerms: readonly string[];
  /** The same of the server or workspace. */
  spaceTerms: readonly string[];
  nsfwRule: NsfwRule;
  /** Of the place where the pictures will be. */
  isAgeRestricted: boolean;
}

const MINOR_WORDS =
  /\b(child(ren|like|hood)?|kids?|minors?|underaged?|toddlers?|infants?|bab(y|ies)|newborns?|preschoolers?|kindergart\w*|schoolgirls?|schoolboys?|school (girl|boy)s?|pre ?teens?|teen(age|ager|agers|aged|s)?|juveniles?|(little|young|small) (girl|boy|sister|brother|daughter|son)s?|lol(i|is|ita|itas)|shotas?)\b/;
const SEXUAL_WORDS =
  /\b(nsfw|nud(e|es|ity|ist)|naked(ness)?|topless|bottomless|undress(ed|ing)?|unclothed|sex(y|ual|ually|ualized|ualised|ualize)?|erotic(a)?|porn(o|ographic|ography)?|hentai|ecchi|lewd|fetish|orgasm\w*|masturbat\w*|intercourse|genitals?|genitalia|penis(es)?|vaginas?|pussy|nipples?|lingerie|aroused|seductive(ly)?|stripping|striptease|bdsm|bondage|fuck(s|ed|ing)?|blowjobs?|cum(shot|ming)?|xxx|rule ?34|r ?18)\b/;
/** For adults, whoever is shown. */
const ADULT_WORDS =
  /\b(nsfw|nud(es?|ity)|naked(?! (mole|eye|singularit|neck|cake|bike|juice))|topless (wom|girl|lad|model)\w*|erotic(a)?|ecchi|lewd|xxx|rule ?34|r ?18|bdsm|rap(ed?|es|ing|ists?)(?! ?(seed|field|flower|oil|blossom|plant)))\b/;
/** Nobody needs a second word to know what these mean. */
const ALWAYS_BLOCKED =
  /\b(lolicon|shotacon|lolicons|shotacons|(child|kiddie|kid|teen|preteen) ?(porn\w*|sex|erotica)|jailbait|p(a)?edo(phil\w*|s)?)\b/;
const AGE = /\b(?:(\d{1,2}) ?(?:(?:years?|yrs?) (?:old|young|of age)|y ?o)|aged? (\d{1,2}))\b/g;
/** The same in words. */
const MINORS_AGE_WORDS =
  /\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen) years? (old|young|of age)\b/;
const ADULT_AGE_YEARS = 18;
/** In a negative prompt these ask for the opposite. */
const CLOTHING_WORDS = /\b(clothes|clothed|clothing|dressed|underwear|swimsuit|bikini|sfw)\b/;

/** Words of contempt for people that mean nothing else; the dataset's other words are about sex, or only rude. */
const CONTEMPT = new Set(
  'abeed africoon arabush boonga chingchong fag kike negro nigger retard tranny'.split(' '),
);
/** Of the dataset's words those about sex that mean nothing else; `cock`, `ass` and `tit` are animals too. */
const EXPLICIT = new Set(
  (
    'anal bestiality blowjob boob buttplug cunt deepthroat dildo doggystyle ejaculate felch fellatio ' +
    'fisting gangbang handjob hentai incest jizz lubejob masturbate orgasm orgy penis porn pussy semen sex ' +
    'slut vagina wank whore'
  ).split(' '),
);
const DOUBLE_MEANING = new Set(['finger bang', 'double penetration', 'jerk off']);
const dataset = new DataSet<{ originalWord: string }>()
  .addAll(englishDataset)
  .removePhrasesIf(({ metadata }) => {
    const word = metadata?.originalWord ?? '';
    return !CONTEMPT.has(word) && !EXPLICIT.has(word) && !DOUBLE_MEANING.has(word);
  });
const matcher = new RegExpMatcher({ ...dataset.build(), ...englishRecommendedTransformers });

/** Which kind of rule a prompt breaks. */
type RuleKind = 'minors' | 'contempt' | 'adult' | 'operator' | 'space';

const REFUSALS: Readonly<Record<RuleKind, string>> = {
  minors: 'This prompt cannot be drawn here (rule: minors); please describe another picture.',
  contempt: 'This prompt cannot be drawn here (rule: contempt); please choose other words.',
  adult:
    'This prompt is for adults (rule: adult content); it can be drawn in age-restricted channels alone.',
  operator:
    'This prompt holds a word that is not allowed here (rule: blocked words); please choose other words.',
  space:
    "This prompt holds a word that is not allowed here (rule: this server's words); please choose other words.",
};
const ADULT_BLOCKED = 'This prompt is for adults (rule: adult content), which are not drawn here.';

export type Judgement =
  | { kind: 'allowed'; isAdult: boolean }
  /** The sentence is for the person alone, neutral and without the word. */
  | { kind: 'refused'; rule: RuleKind; message: string };

const refused = (rule: RuleKind, message = REFUSALS[rule]): Judgement => ({
  kind: 'refused',
  rule,
  message,
});

/**
 * Whether the prompt may be drawn. What is in the negative prompt is unwanted anyway, so it counts only where it turns
 * the meaning around.
 */
export function moderate(
  texts: { prompt: string; negativePrompt: string },
  policy: ModerationPolicy,
): Judgement {
  const readings = spellings(texts.prompt);
  const isAboutMinors =
    readings.some((text) => MINOR_WORDS.test(text)) || hasMinorsAge(texts.prompt);
  const words = findWords(texts.prompt);
  const isExplicit = words.some((word) => EXPLICIT.has(word) || DOUBLE_MEANING.has(word));
  const isSexual = isExplicit || readings.some((text) => SEXUAL_WORDS.test(text));
  const isAdult = isExplicit || readings.some((text) => ADULT_WORDS.test(text));
  const isUndressed = CLOTHING_WORDS.test(plainText(texts.negativePrompt));
  if (readings.some((text) => ALWAYS_BLOCKED.test(text))) return refused('minors');
  if (isAboutMinors && (isSexual || isUndressed)) return refused('minors');
  if (words.some((word) => CONTEMPT.has(word))) return refused('contempt');
  if (policy.blockedTerms.some((term) => holdsTerm(readings, term))) return refused('operator');
  if (policy.spaceTerms.some((term) => holdsTerm(readings, term))) return refused('space');
  return isAdult ? judgeAdult(policy) : { kind: 'allowed', isAdult: false };
}

function judgeAdult({ nsfwRule, isAgeRestricted }: ModerationPolicy): Judgement {
  switch (nsfwRule) {
    case 'block':
      return refused('adult', ADULT_BLOCKED);
    case 'age-restricted':
      return isAgeRestricted ? { kind: 'allowed', isAdult: true } : refused('adult');
    case 'spoiler':
      return { kind: 'allowed', isAdult: true };
  }
}

function findWords(prompt: string): string[] {
  return matcher
    .getAllMatches(prompt)
    .map((match) => dataset.getPayloadWithPhraseMetadata(match).phraseMetadata?.originalWord ?? '');
}

function hasMinorsAge(prompt: string): boolean {
  const text = plainTextWithDigits(prompt);
  const ages = [...text.matchAll(AGE)].map(([, before, after]) => Number(before ?? after));
  return ages.some((years) => years < ADULT_AGE_YEARS) || MINORS_AGE_WORDS.test(text);
}

function holdsTerm(readings: readonly string[], term: string): boolean {
  const wanted = plainText(term);
  return wanted !== '' && readings.some((text) => ` ${text} `.includes(` ${wanted} `));
}
