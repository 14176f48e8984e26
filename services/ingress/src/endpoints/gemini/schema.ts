import { z } from "zod";

/** Bounds of a request that configuration sets. */
export interface GeminiLimits {
  readonly choicesMax: number;
  readonly messagesMax: number;
  readonly toolsMax: number;
  /** Of parts, over all contents. */
  readonly partsMax: number;
}

const LABEL_MAX = 1_024;

const number = z.number().nullish();
const flag = z.boolean().nullish();
const text = z.string().nullish();
const label = z.string().max(LABEL_MAX).nullish();
const looseJson = z.record(z.string(), z.unknown());

/** A part, as far as it is read. */
export const partSchema = z.looseObject({
  text,
  thought: flag,
  thoughtSignature: text,
  inlineData: z.looseObject({ mimeType: z.string().max(256).nullish(), data: z.string() }).nullish(),
  fileData: z.looseObject({ mimeType: z.string().max(256).nullish(), fileUri: z.string().min(1) }).nullish(),
  functionCall: z.looseObject({ id: label, name: z.string().max(256), args: looseJson.nullish() }).nullish(),
  functionResponse: z
    .looseObject({
      id: label,
      name: z.string().max(256),
      response: looseJson.nullish(),
      parts: z.array(z.looseObject({})).nullish(),
    })
    .nullish(),
});

/** One turn of a conversation. */
export const contentSchema = z.looseObject({
  role: z.enum(["user", "model", "function", ""]).nullish(),
  parts: z.array(partSchema).nullish(),
});

const instruction = z.union([z.string(), z.looseObject({ parts: z.array(partSchema).nullish() })]);

const declaration = z.looseObject({
  name: z.string().min(1).max(256),
  description: text,
  parameters: looseJson.nullish(),
  parametersJsonSchema: z.unknown().optional(),
});

const tool = z.looseObject({ functionDeclarations: z.array(declaration).nullish() });

const thinking = z.looseObject({
  includeThoughts: flag,
  thinkingBudget: z.int().min(-1).nullish(),
  thinkingLevel: z.string().max(32).nullish(),
});

const generation = (limits: GeminiLimits) =>
  z.looseObject({
    temperature: number,
    topP: number,
    topK: z.number().min(0).max(2_147_483_647).nullish(),
    candidateCount: z.int().min(1).max(limits.choicesMax).nullish(),
    maxOutputTokens: z.int().min(1).nullish(),
    stopSequences: z.array(z.string()).max(1_024).nullish(),
    presencePenalty: number,
    frequencyPenalty: number,
    seed: z.int().nullish(),
    responseMimeType: z.string().max(256).nullish(),
    responseSchema: looseJson.nullish(),
    responseJsonSchema: z.unknown().optional(),
    responseModalities: z.array(z.string().max(32)).max(8).nullish(),
    responseLogprobs: flag,
    logprobs: z.int().min(0).max(64).nullish(),
    thinkingConfig: thinking.nullish(),
  });

/** The body of `generateContent`, as far as Sluice reads it; fields it does not know are kept. */
export const bodySchema = (limits: GeminiLimits) =>
  z.looseObject({
    contents: z.array(contentSchema).min(1).max(limits.messagesMax),
    systemInstruction: instruction.nullish(),
    tools: z.union([z.array(tool).max(limits.toolsMax), tool]).nullish(),
    toolConfig: z
      .looseObject({
        functionCallingConfig: z
          .looseObject({
            mode: z.string().max(64).nullish(),
            allowedFunctionNames: z.array(z.string().max(256)).max(limits.toolsMax).nullish(),
          })
          .nullish(),
      })
      .nullish(),
    generationConfig: generation(limits).nullish(),
    serviceTier: z.string().max(64).nullish(),
  });

export type GeminiBody = z.output<ReturnType<typeof bodySchema>>;
export type ContentBody = z.output<typeof contentSchema>;
export type PartBody = z.output<typeof partSchema>;
export type ToolBody = z.output<typeof tool>;
export type DeclarationBody = z.output<typeof declaration>;
export type ToolConfigBody = NonNullable<GeminiBody["toolConfig"]>;
export type GenerationBody = NonNullable<GeminiBody["generationConfig"]>;
