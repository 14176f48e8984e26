import { type Language, LIST } from "./language.ts";

const FR_SORRY =
  "(?:(?:je suis (?:vraiment |sincèrement |profondément )?(?:désolée?|navrée?)|désolée?|navrée?|malheureusement|je m'excuse|(?:toutes )?mes excuses|excusez-moi|pardon|je regrette|je comprends[^.!?]{0,80})[,.;:!]?(?: (?:mais|et|de devoir|que))?[ ,]{0,4}|en tant qu[e'][^,.!?]{0,70},? ){0,4}";

/** French. */
export const french: Language = {
  name: "fr",
  density: 1,
  starts:
    /^(?:je (?:suis (?:désol|navré|vraiment|sincèrement|profondément|dans l'imp|incapable|au regret|une? )|ne (?:peux|suis|pourrai|puis|saurais|vais|dispose)|m'excuse|regrette|comprends|refuse|dois)|désol|navré|malheureusement|en tant qu|pardon|excusez|il (?:n'est pas|m'est|ne m'est|est (?:imposs|contraire))|(?:cette|votre|ta) demande|(?:toutes )?mes excuses|non,)/,
  declines: new RegExp(
    `^(?:non, )?${FR_SORRY}(?:(?:je ne (?:peux|pourrai|puis|saurais|vais|suis)(?: malheureusement| donc)? ?(?:pas )?|je suis (?:incapable|dans l'impossibilité)|il (?:ne )?m'est (?:pas possible|impossible))[^.!?]{0,50}?(?:aider|répondre|fournir|générer|créer|écrire|rédiger|donner|assister|satisfaire|accéder|partager|accompagner|participer|discuter|proposer|produire|en mesure|capable|autorisée?|programmée?|conçue?|continuer|faire (?:cela|ça|ceci)|le faire|traiter|promouvoir|encourager)|je (?:dois |préfère |me vois contraint de )?(?:refuser?|décliner?)(?: de| votre| cette)|(?:cette|votre|ta) demande (?:enfreint|est contraire|va à l'encontre)|il (?:n'est pas|ne serait pas|est contraire)[^.!?]{0,20}(?:approprié|éthique|acceptable) (?:de|pour))`,
  ),
  hesitates:
    /^(?:je suis (?:désol|navré|vraiment|sincèrement|une? )|désol|navré|malheureusement|en tant qu|pardon|je comprends|mes excuses)/,
  helps: new RegExp(
    `(?:mais|cependant|toutefois|en revanche|néanmoins),? (?:je (?:peux|serais|suis heureu)|voici)|je peux (?:en revanche|toutefois|cependant|par contre)|voici |${LIST}`,
  ),
};

const ES_SORRY =
  "(?:(?:lo siento(?: mucho)?|lo lamento(?: mucho)?|lamento|lamentablemente|desafortunadamente|por desgracia|disculp(?:a|e|en|as)|perd(?:ón|ona|one)|me disculpo|mis disculpas|me temo|siento|entiendo[^.!?]{0,80})[,.;:!]?(?: (?:pero|que|y|mucho|informar\\w*(?: de)? que|decir\\w* que))?[ ,]{0,4}|como (?:ia|modelo|asistente|una? )[^,.!?]{0,60},? ){0,4}";

/** Spanish. */
export const spanish: Language = {
  name: "es",
  density: 1,
  starts:
    /^(?:lo (?:siento|lamento)|lament|desafortunad|por desgracia|disculp|perd[oó]n|me (?:temo|disculpo|es imposible|niego)|mis disculpas|siento|no (?:puedo|podré|podría|me es|estoy|soy|tengo|es (?:aprop|étic|posib))|como (?:ia|modelo|asistente|una? )|(?:esta|tu|su) solicitud|entiendo|debo)/,
  declines: new RegExp(
    `^(?:no, )?${ES_SORRY}(?:(?:no (?:puedo|podré|podría|me es posible|estoy (?:autorizad|capacitad|en condiciones|programad|diseñad|permitid)\\w*|soy capaz|tengo (?:permitido|la capacidad|autorización))|me es imposible|me niego)[^.!?]{0,50}?(?:ayudar|asistir|proporcionar|responder|generar|crear|escribir|dar|ofrecer|cumplir|compartir|brindar|participar|hacer (?:eso|esto)|hacerlo|realizar|discutir|atender|continuar|redactar|facilitar|apoyar|promover|contestar|complacer)|(?:debo|tengo que) (?:rechazar|declinar)|(?:esta|tu|su) solicitud (?:va en contra|infringe|viola)|no (?:es|sería) (?:apropiado|ético|adecuado))`,
  ),
  hesitates:
    /^(?:lo (?:siento|lamento)|lament|desafortunad|por desgracia|disculp|perd[oó]n|como (?:ia|modelo|asistente|una? )|entiendo|mis disculpas)/,
  helps: new RegExp(
    `(?:pero|sin embargo|no obstante|en cambio),? (?:(?:sí )?puedo|aquí|con gusto)|aquí (?:tienes|hay|están)|${LIST}`,
  ),
};

const IT_SORRY =
  "(?:(?:mi (?:dispiace|spiace|rincresce|scuso)(?: molto| davvero)?|purtroppo|(?:sono )?(?:spiacente|desolat[oa])|scusa(?:mi|te|temi)?|capisco[^.!?]{0,80})[,.;:!]?(?: (?:ma|che|e|per il disagio))?[ ,]{0,4}|(?:come|in quanto) (?:ia|intelligenza|modello|assistente|un[a']?)[^,.!?]{0,60},? ){0,4}";

/** Italian. */
export const italian: Language = {
  name: "it",
  density: 1,
  starts:
    /^(?:mi (?:dispiace|spiace|rincresce|scuso|rifiuto)|purtroppo|spiacente|scusa|sono (?:spiacente|desolat|solo|un)|non (?:posso|potrò|potrei|sono|mi è|è (?:approp|etic|possib))|(?:come|in quanto) (?:ia|intell|modello|assist|un)|devo|(?:questa|la tua|la sua) richiesta|capisco)/,
  declines: new RegExp(
    `^(?:no, )?${IT_SORRY}(?:(?:non (?:posso|potrò|potrei|sono in grado|sono autorizzat[oa]|mi è possibile|sono (?:programmat|progettat)[oa])|mi rifiuto)[^.!?]{0,50}?(?:aiutar|assister|fornir|risponder|generar|crear|scriver|dar(?:e|ti|vi|le)|offrir|soddisfar|condivider|partecipar|far(?:lo|e questo|e ciò)|eseguir|discuter|proceder|supportar|rediger|esaudir|accontentar|produr|promuover)|devo (?:rifiutar|declinar)|(?:questa|la tua|la sua) richiesta (?:viola|va contro)|non (?:è|sarebbe) (?:appropriato|etico|opportuno))`,
  ),
  hesitates:
    /^(?:mi (?:dispiace|spiace|rincresce|scuso)|purtroppo|spiacente|scusa|sono (?:spiacente|desolat|solo un|un)|(?:come|in quanto) (?:ia|intell|modello|assist|un)|capisco)/,
  helps: new RegExp(`(?:ma|tuttavia|però|invece),? (?:posso|ecco|sarei)|posso (?:però|invece|comunque)|ecco |${LIST}`),
};

const PT_SORRY =
  "(?:(?:(?:me )?desculp(?:e|a|em)(?:-me)?|sinto muito|lamento|lamentavelmente|infelizmente|peço desculpas?|entendo[^.!?]{0,80})[,.;:!]?(?: (?:mas|que|e|informar que|pelo transtorno))?[ ,]{0,4}|(?:como|sou(?: apenas)?) (?:ia|modelo|assistente|uma? )[^,.!?]{0,60}[,.]? ?(?:e )?){0,4}";

/** Portuguese. */
export const portuguese: Language = {
  name: "pt",
  density: 1,
  starts:
    /^(?:(?:me )?desculp|sinto muito|lament|infelizmente|peço desculp|(?:eu )?não (?:posso|poderei|poderia|consigo|estou|sou|me é|é (?:aprop|étic|possív)|vou|tenho)|(?:como|sou(?: apenas)?) (?:ia|modelo|assist|uma? )|(?:esta|essa|sua) solicitação|(?:seu|esse|este) pedido|entendo|devo|recuso|tenho que|preciso recusar)/,
  declines: new RegExp(
    `^(?:não, )?${PT_SORRY}(?:(?:(?:eu )?não (?:posso|poderei|poderia|consigo|vou|estou (?:autorizad|apt|em condições|programad|habilitad)\\w*|sou capaz|me é possível|tenho (?:permissão|autorização|a capacidade))|recuso-me)[^.!?]{0,50}?(?:ajud|auxili|fornec|respond|gerar|criar|escrever|dar |oferec|atend|compartilh|partilh|particip|fazer (?:isso|isto)|realiz|discut|continu|prestar|cumpr|redigir|apoiar|promover)|(?:devo|preciso|tenho (?:de|que)) (?:recusar|declinar)|(?:esta|essa|sua) solicitação (?:viola|vai contra)|não (?:é|seria) (?:apropriado|ético|adequado))`,
  ),
  hesitates:
    /^(?:(?:me )?desculp|sinto muito|lament|infelizmente|peço desculp|(?:como|sou(?: apenas)?) (?:ia|modelo|assist|uma? )|entendo)/,
  helps: new RegExp(
    `(?:mas|porém|no entanto|contudo|em vez disso),? (?:(?:eu )?posso|aqui|ficarei)|aqui (?:está|estão|vão)|${LIST}`,
  ),
};
