import { type Language, LIST } from "./language.ts";

const PL_SORRY =
  "(?:(?:(?:bardzo )?(?:przykro mi|przepraszam)|niestety|wybacz(?:cie)?|obawiam się|z przykrością|rozumiem[^.!?]{0,80})[,.;:!]?(?: (?:ale|że|lecz|i|jednak|informuję, że))?[ ,]{0,4}|jako (?:ai|model|sztuczna|asystent)[^,.!?]{0,60},? ){0,4}";

/** Polish. */
export const polish: Language = {
  name: "pl",
  density: 1,
  starts:
    /^(?:(?:bardzo )?(?:przykro mi|przepraszam)|niestety|wybacz|obawiam się|z przykrością|(?:ja )?nie (?:mogę|jestem|będę|potrafię|wolno)|jako (?:ai|model|sztuczna|asystent)|muszę|odmawiam|(?:ta|twoja) prośba|to zapytanie|rozumiem)/,
  declines: new RegExp(
    `^(?:nie, )?${PL_SORRY}(?:(?:nie (?:mogę|będę (?:mógł|mogła|w stanie)|jestem w stanie|potrafię|wolno mi|jestem (?:upoważnion|zaprogramowan)[yae]))(?: [^.!?]{0,50}?)? (?:po?móc|pomagać|udzieli|odpowiedzieć|odpowiadać|wygenerować|generować|stworzyć|tworzyć|napisać|pisać|dostarcz|podać|spełnić|zrealizować|udostępni|kontynuować|tego zrobić|wspierać|zaoferować|wykonać|uczestniczyć|rozmawiać|przekazać|omawiać|angażować)|muszę odmówić|odmawiam|(?:ta|twoja) prośba (?:narusza|jest sprzeczna))`,
  ),
  hesitates:
    /^(?:(?:bardzo )?(?:przykro mi|przepraszam)|niestety|wybacz|jako (?:ai|model|sztuczna|asystent)|rozumiem|z przykrością)/,
  helps: new RegExp(
    `(?:ale|jednak|natomiast|zamiast tego),? (?:mogę|oto|chętnie)|mogę (?:jednak|natomiast|za to)|oto |${LIST}`,
  ),
};

const RU_SORRY =
  "(?:(?:(?:я )?(?:приношу (?:свои )?)?извин(?:ите|яюсь|ения|и)|прости(?:те)?|к сожалению|(?:я )?(?:очень )?сожалею|мне (?:очень )?жаль|прошу прощения|боюсь|увы|(?:я )?понимаю[^.!?]{0,80})[,.;:!]?(?: (?:но|что|и|однако|за неудобства))?[ ,]{0,4}|(?:как|будучи|я(?: всего лишь| только| просто)?(?: —| -)?) (?:ии|искусственный|языковая|большая|модель|ассистент|чат)[^,.!?]{0,60}[,.]? ?(?:и )?){0,4}";

/** Russian. */
export const russian: Language = {
  name: "ru",
  density: 1,
  starts:
    /^(?:(?:я )?(?:приношу|извин|сожалею|очень сожалею|понимаю)|прости|к сожалению|мне (?:очень )?жаль|прошу прощения|боюсь|увы|(?:я )?не (?:могу|смогу|имею|буду|в состоянии|вправе)|я (?:вынужден|всего лишь|только|просто|искусств|языков|—)|(?:как|будучи) (?:ии|искусств|языков|больш|модель|ассист)|(?:этот|ваш|данный) запрос|отказываюсь|нет,)/,
  declines: new RegExp(
    `^(?:нет, )?${RU_SORRY}(?:(?:я )?не (?:могу|смогу|в состоянии|имею (?:права|возможности)|буду|вправе|способ\\S{1,3})(?! не )(?: [^.!?]{0,50}?)? (?:помо[чг]|предостав|ответ|отвеча|выполн|созда|сгенерир|генерир|напис|писать|дать|дава|дела|сдела|обсужд|поддерж|участвов|продолж|оказ|подел|содейств|рассказ|удовлетвор|предлож|сообщ)|(?:я )?вынужден[а]? отказ|(?:я )?отказываюсь|(?:этот|ваш|данный) запрос (?:нарушает|противоречит))`,
  ),
  hesitates:
    /^(?:(?:я )?(?:приношу|извин|сожалею|очень сожалею|понимаю)|прости|к сожалению|мне (?:очень )?жаль|прошу прощения|увы|я (?:всего лишь|только|просто|искусств|языков|—)|(?:как|будучи) (?:ии|искусств|языков|больш|модель))/,
  helps: new RegExp(
    `(?:но|однако|зато|вместо этого),? (?:я )?(?:могу|вот|буду рад)|могу (?:зато|однако)|вот (?:несколько|некоторые|что)|${LIST}`,
  ),
};
