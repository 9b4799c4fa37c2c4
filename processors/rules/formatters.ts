/** The formatters that texts share. Making one takes a hundred times what using it does, and some 30 KB. */
import type { Formatters } from 'intl-messageformat';
import { remembered } from '../remembered.js';

/** Some texts, in some languages, for readers in many time zones: 10 MB. */
const REMEMBERED = 300;

/** By the arguments that it is made with, as JSON. */
const numberFormat = remembered(
  REMEMBERED,
  (given) => new Intl.NumberFormat(...parsed<Intl.NumberFormatOptions>(given)),
);
const dateFormat = remembered(
  REMEMBERED,
  (given) => new Intl.DateTimeFormat(...parsed<Intl.DateTimeFormatOptions>(given)),
);
const pluralRules = remembered(REMEMBERED, (given) => new Intl.PluralRules(...parsed<Intl.PluralRulesOptions>(given)));

function parsed<Options>(given: string): [string, Options] {
  return JSON.parse(given) as [string, Options];
}

/** As intl-messageformat asks for them, with dates as they are in that time zone. */
export function formattersIn(timeZone: string): Formatters {
  return {
    getNumberFormat: (locale, options = {}) => numberFormat(JSON.stringify([locale, options])),
    getDateTimeFormat: (locale, options = {}) => dateFormat(JSON.stringify([locale, { ...options, timeZone }])),
    getPluralRules: (locale, options = {}) => pluralRules(JSON.stringify([locale, options])),
  };
}
