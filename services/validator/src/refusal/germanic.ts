import { type Language, LIST } from "./language.ts";

const DE_SORRY =
  "(?:(?:(?:es )?tut mir (?:sehr |wirklich |aufrichtig )?leid|entschuldig(?:ung|e|en sie)(?: bitte)?|verzeihung|sorry|leider|bedauerlicherweise|ich bedau(?:e)?re(?: sehr)?)[,.;:!]?(?: (?:aber|dass|doch|und|für die verwirrung))?[ ,]{0,4}|als (?:ki|künstliche|sprachmodell|reine|ein|eine)[^,.!?]{0,60},? |(?:ich )?verstehe[^.!?]{0,80}, aber ){0,4}";
const DE_CAN = "(?:kann|könnte|darf|werde|möchte|will)";
const DE_TOPIC = "(?:das|dies|dabei|damit|hierbei|dazu|darauf|ihnen|dir|bei [^.!?]{0,50}|diese[^.!?]{0,40})";
const DE_HELP =
  "(?:helfen|weiterhelfen|behilflich|unterstütz|assistieren|beantworten|antworten|erfüllen|nachkommen|entsprechen|bereitstellen|geben|erstellen|schreiben|verfassen|generieren|liefern|anbieten|teilen|machen|ausführen|eingehen|diskutieren|fortfahren|dienen|durchführen)";

/** German. */
export const german: Language = {
  name: "de",
  density: 1,
  starts:
    /^(?:(?:es )?tut mir|leider|entschuldig|verzeihung|sorry|bedauerlicherweise|ich (?:kann|könnte|darf|möchte|werde|will|bin (?:nicht|leider|nur|ein|als)|muss|bedau|verstehe|lehne)|als (?:ki|künst|sprach|reine|ein)|das (?:kann|darf)|dabei kann|damit kann|bei |diese? (?:anfrage|bitte|frage)|(?:ihre|deine) (?:anfrage|bitte)|nein,)/,
  declines: new RegExp(
    `^(?:nein, )?${DE_SORRY}(?:(?:ich ${DE_CAN}|(?:${DE_TOPIC} )?${DE_CAN} ich)(?: [^.!?]{0,80}?)? (?:nicht|keine[nmrs]?|nichts)(?: [^.!?]{0,70}?)? ?(?:\\w*${DE_HELP}|(?<=nicht)[.!])|(?:bin )?ich (?:bin )?(?:leider )?nicht (?:in der lage|befugt|berechtigt|dafür (?:programmiert|ausgelegt))|ich (?:muss|lehne)[^.!?]{0,60}(?:ablehnen|\\bab\\b)|(?:diese|ihre|deine) (?:anfrage|bitte) (?:verstößt|kann ich nicht|widerspricht))`,
  ),
  hesitates:
    /^(?:(?:es )?tut mir|leider|entschuldig|verzeihung|sorry|als (?:ki|künst|sprach|ein)|ich (?:verstehe|bin (?:nur |leider )?(?:ein|nicht))|bedauer)/,
  helps: new RegExp(
    `(?:aber|jedoch|stattdessen|allerdings|gerne?) (?:kann ich (?!nicht|kein|leider)|helfe ich|gebe ich|hier)|ich kann (?:aber|jedoch|stattdessen) |hier (?:sind|ist) |${LIST}`,
  ),
};

const NL_SORRY =
  "(?:(?:het spijt me(?: zeer| heel erg)?|sorry|helaas|(?:mijn )?excuses|neem me niet kwalijk)[,.;:!]?(?: (?:maar|dat|en))?[ ,]{0,4}|als (?:ai|een|taalmodel|kunstmatige)[^,.!?]{0,60},? |ik begrijp[^.!?]{0,80}, maar ){0,4}";
const NL_HELP =
  "(?:helpen|assisteren|verstrekken|beantwoorden|voldoen|geven|genereren|maken|schrijven|bieden|delen|in staat|bevoegd|meewerken|ondersteunen|uitvoeren|doen|leveren|ingaan|bespreken|verlenen)";

/** Dutch. */
export const dutch: Language = {
  name: "nl",
  density: 1,
  starts:
    /^(?:het spijt me|sorry|helaas|(?:mijn )?excuses|neem me niet|ik (?:kan|mag|zal|wil|ben (?:niet|bang|helaas|een|slechts|maar)|moet|weiger|begrijp)|als (?:ai|een|taal|kunst)|(?:dat|daar|hier|daarbij|hierbij|daarmee) (?:kan|mag)|(?:dit|je|uw) verzoek|nee,)/,
  declines: new RegExp(
    `^(?:nee, )?${NL_SORRY}(?:(?:ik (?:kan|mag|zal|wil|ben)|(?:(?:dat|daar|hier|daarbij|hierbij|daarmee|met [^.!?]{0,40}) )?(?:kan|mag|zal|wil|ben) ik)(?: [^.!?]{0,70}?)? (?:niet|geen)(?: [^.!?]{0,60}?)? ?(?:\\w*${NL_HELP}|(?<=niet)[.!])|ik moet[^.!?]{0,40}(?:weigeren|afwijzen)|ik weiger)`,
  ),
  hesitates:
    /^(?:het spijt me|sorry|helaas|(?:mijn )?excuses|als (?:ai|een|taal)|ik (?:begrijp|ben (?:slechts |maar )?een))/,
  helps: new RegExp(
    `(?:maar|echter|wel|in plaats daarvan) (?:kan ik (?!niet|geen|helaas)|help ik|hier)|ik kan (?:je|u)? ?wel|hier zijn |${LIST}`,
  ),
};
