/**
 * What is refused before it reaches the image function. A small rule set, not a judge: it looks for words with their
 * borders, after undoing the usual disguises. Sexual content with minors is refused whatever the configuration says.
 */
import { plainText, plainTextWithDigits, spellings } from './plain-text.ts';

export interface ModerationPolicy {
  /** Words and phrases of the operator, in any case. */
  blockedTerms: readonly string[];
}

const MINOR_WORDS =
  /\b(child(ren|like|hood)?|kids?|minors?|underaged?|toddlers?|infants?|bab(y|ies)|newborns?|preschoolers?|kindergart\w*|schoolgirls?|schoolboys?|school (girl|boy)s?|pre ?teens?|teen(age|ager|agers|aged|s)?|juveniles?|(little|young|small) (girl|boy|sister|brother|daughter|son)s?|lol(i|is|ita|itas)|shotas?)\b/;
const SEXUAL_WORDS =
  /\b(nsfw|nud(e|es|ity|ist)|naked(ness)?|topless|bottomless|undress(ed|ing)?|unclothed|sex(y|ual|ually|ualized|ualised|ualize)?|erotic(a)?|porn(o|ographic|ography)?|hentai|ecchi|lewd|fetish|orgasm\w*|masturbat\w*|intercourse|genitals?|genitalia|penis(es)?|vaginas?|pussy|nipples?|lingerie|aroused|seductive(ly)?|stripping|striptease|bdsm|bondage|fuck(s|ed|ing)?|blowjobs?|cum(shot|ming)?|xxx|rule ?34|r ?18)\b/;
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

const REFUSAL = 'This prompt cannot be drawn here; please describe another picture.';
const TERM_REFUSAL =
  'This prompt holds a word that is not allowed here; please choose other words.';

/**
 * The sentence for the person alone, neutral and without the word, or undefined when the prompt may be drawn. What is
 * in the negative prompt is unwanted anyway, so it counts only where it turns the meaning around.
 */
export function moderate(
  texts: { prompt: string; negativePrompt: string },
  policy: ModerationPolicy,
): string | undefined {
  const readings = spellings(texts.prompt);
  const isAboutMinors =
    readings.some((text) => MINOR_WORDS.test(text)) || hasMinorsAge(texts.prompt);
  const isSexual =
    readings.some((text) => SEXUAL_WORDS.test(text)) ||
    CLOTHING_WORDS.test(plainText(texts.negativePrompt));
  if (readings.some((text) => ALWAYS_BLOCKED.test(text)) || (isAboutMinors && isSexual)) {
    return REFUSAL;
  }
  const isBlocked = policy.blockedTerms.some((term) => holdsTerm(readings, term));
  return isBlocked ? TERM_REFUSAL : undefined;
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
