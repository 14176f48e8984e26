import type { Language } from "./language.ts";

const SORRY =
  "(?:i(?:'m| am)(?: (?:really|very|so|truly|terribly|deeply))? sorry|(?:my |i (?:sincerely |deeply )?)?apologi(?:es|ze|se)|sorry|unfortunately|regrettably|i regret(?: to (?:say|inform you))?)";
const AI =
  "(?:(?:as|since|because|given that|i'm|i am)(?: i'm| i am)?(?: just| only| simply)?(?: an?| your)(?: [a-z-]+){0,4} (?:ai|assistant|chatbot|bot|language model|llm)(?: [a-z-]+){0,6})";
const LEAD = `(?:${SORRY}[,.;:!-]*(?: (?:but|that|and|for the (?:confusion|inconvenience))){0,4}[,.]? |${AI}[,.]?(?: (?:and|so|but))? |(?:that said|however|therefore|so|thank you[^.!?]{0,60}[.!,] ?(?:but )?|i (?:understand|appreciate)[^.!?]{0,90}, but )[, ]*){0,4}`;
const CANNOT =
  "(?:i |i'm |we )?(?:(?:really |simply |just |also |still |do |respectfully |politely ){0,4}(?:can ?not|can't|could not|couldn't|won't|will not|am not able to|not able to|am unable to|unable to|am not (?:allowed|permitted|programmed|designed|comfortable|willing|going|authorized|in a position)(?: to| with)?|not (?:allowed|permitted|programmed|designed|comfortable|willing|going|authorized|in a position)(?: to| with)?|do not feel comfortable|don't feel comfortable|(?:must|have to|need to|will have to|would have to)(?: respectfully| politely)? (?:decline|refuse)|(?:respectfully |politely )?(?:decline|refuse) to)(?: be able to)?)";
const HELP =
  "(?: (?:to|in good conscience|ethically|legally|currently|directly|really|knowingly|or will not|or won't|and will not)){0,4}[, ]*(?:assist(?:ing)?|help(?:ing)?(?! but| feeling| wondering| noticing| thinking)|provid(?:e|ing)|fulfill?(?:ing)?|comply|generat(?:e|ing)|creat(?:e|ing)|writ(?:e|ing)|produc(?:e|ing)|support(?:ing)?|engag(?:e|ing)|discuss(?:ing)?|answer(?:ing)?|offer(?:ing)?|giv(?:e|ing)|shar(?:e|ing)|suggest(?:ing)?|encourag(?:e|ing)|promot(?:e|ing)|recommend(?:ing)?(?![^.]{0,40} enough)|satisfy|participat(?:e|ing)|complet(?:e|ing)|respond(?:ing)?|do (?:that|this|so)|endors(?:e|ing)|advis(?:e|ing)|instruct(?:ing)?|tell(?:ing)? you (?:how to|what|where|who|that)|teach(?:ing)?|describ(?:e|ing)|explain(?:ing)?|continu(?:e|ing)|process(?:ing)?|fulfil|accommodat(?:e|ing)|condon(?:e|ing)|facilitat(?:e|ing)|carry out|role-?play|pretend|disclos(?:e|ing)|reveal(?:ing)?|make (?:statements|jokes|comments)|speculate|aid|assist|entertain|proceed|(?=[.!]))";
const WRONG =
  "(?:it(?:'s| is| would(?: not| never| also)? be| wouldn't be| isn't)?(?: (?:not|never|neither|very|highly|also|both)){0,4}(?: (?:appropriate|ethical|acceptable|right|legal|responsible|inappropriate|unethical|illegal|immoral|wrong|respectful|productive|advisable|okay|ok|within my|against my)(?:,? (?:or|and|nor)(?: \\w+)?(?: \\w+)?)?){1,4} (?:for me )?(?:to|programming|guidelines|ethical|policies|policy)(?! (?:assume|remember|note|know|ask yourself)))";
const GUIDELINES =
  "(?:(?:this|that|your|the)(?: \\w+){0,4} (?:goes|violates|conflicts|is|would)(?: \\w+){0,4} (?:against|my (?:guidelines|policy|policies|programming)|our (?:guidelines|policy|policies)|policy|guidelines))";
const PREACH =
  "(?:i (?:don't|do not) think (?:it's|that's|it is|that is|it would be) (?:appropriate|right|ethical|productive|a good idea|helpful|respectful)|(?:i must (?:respectfully )?(?:clarify|emphasize|inform you|stress|point out|remind you)|it(?:'s| is) (?:important|essential|crucial) to (?:note|remember|understand)) that [^.!?]{0,120}(?:not|never|illegal and|un)(?: \\w+){0,4} ?(?:appropriate|ethical|unethical|acceptable|justifiable)|i (?:do not|don't) have the (?:ability|capability|capacity) to (?:provide|support|engage|condone|promote|assist|help))";
const CONDONE =
  "(?:i |and |we )?(?:do not|don't|cannot|can't|never)(?: \\w+){0,4} (?:condone|encourage|endorse|promote|engage in)(?! [^.]{0,30}\\bbut\\b)";

/** English; the form of the others follows it. */
export const english: Language = {
  name: "en",
  density: 1,
  starts:
    /^(?:i(?:'m|'d| (?:am|can|could|won|will|must|have|do|don|would|apolog|regret|refus|declin|understand|appreciate|sincerely|deeply|respectfully|politely|really|simply|cannot))|sorry|unfortunately|regrettably|apolog|my (?:apolog|sincere)|as an? |since i|because i|given that i|it(?:'s| is| would)(?: \w+)? (?:not|never|in|un|il|against|wrong|im)|this (?:request|goes|violates|is against)|your request|that (?:request|goes|violates)|the request|we (?:can|are unable|do not)|thank you|however|nope|no,)/,
  declines: new RegExp(`^(?:no[,.] )?${LEAD}(?:${CANNOT}${HELP}|${WRONG}|${GUIDELINES}|${CONDONE}|${PREACH})`),
  hesitates: new RegExp(
    `^(?:${LEAD}(?:i )?(?:don't|do not) (?:have (?:the (?:ability|capability|capacity)|access|(?:personal )?(?:opinions|beliefs|feelings))|think (?:it's|that's|it is|that is))|${SORRY}|${AI}|i must (?:clarify|emphasize|inform|stress|point out|remind)|i (?:understand|appreciate)|it(?:'s| is) (?:important|essential|crucial|not (?:accurate|possible|true))|there is no (?:\\w+ )?(?:reason|justification|evidence)|thank you|i'm (?:glad|happy|here) |i must )`,
  ),
  // Nor does a model decline that lacks the means, as for the weather of today.
  helps:
    /\b(?:(?:but|however),? you (?:can|could|may|might) |(?:real-time|live data|current weather|browse|the internet|knowledge cut-?off)\b|(?:however|but|instead|that said|nevertheless|still|alternatively)[,]? (?:i (?:can(?!'|not| not)\b|could|would be (?:happy|glad)|am happy|'d be|'m happy)|i'd be (?:happy|glad)|i'm happy|here(?:'s| is| are)|if you|let me|some general|in general|generally)|here (?:are|is) (?:some|a few|the|an?)|here's (?:some|a|an|how|what))|\n ?(?:1[.)]|[-*•]) /,
};
