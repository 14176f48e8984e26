import {
  isArrowFunction,
  isBlock,
  isCallExpression,
  isCatchClause,
  isConstructorDeclaration,
  isExportDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isGetAccessorDeclaration,
  isIdentifier,
  isImportDeclaration,
  isMethodDeclaration,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isStringLiteral,
  isTemplateHead,
  isTemplateMiddle,
  isTemplateTail,
  type Node,
  type SourceFile,
  SyntaxKind,
} from "typescript/unstable/ast";

/** Something found in a file, by its first line (from 1). */
export interface Found {
  readonly line: number;
  readonly text: string;
}

/** What the rules need to know about one TypeScript file, as plain data. */
export interface Facts {
  readonly functions: readonly (Found & { lines: number })[];
  /** Module specifiers of static and dynamic imports and re-exports. */
  readonly imports: readonly Found[];
  /** Names and string contents; comments are not among them. */
  readonly words: readonly Found[];
  /** Property paths read, such as `process.env`. */
  readonly accesses: readonly Found[];
  /** Names of functions called directly. */
  readonly calls: readonly Found[];
  /** `name: literal` pairs of object literals, such as `only: true`. */
  readonly settings: readonly Found[];
  readonly anyTypes: readonly Found[];
  /** Catch blocks and handlers with neither statement nor comment. */
  readonly emptyCatches: readonly Found[];
}

type Collected = { -readonly [Key in keyof Facts]: Facts[Key][number][] };

/** Suites only group tests: their length says nothing. */
const GROUPING = new Set(["describe", "suite"]);
const TESTS = new Set(["test", "it"]);

/** Walks a parsed file once. */
export function factsOf(source: SourceFile): Facts {
  const facts: Collected = {
    functions: [],
    imports: [],
    words: [],
    accesses: [],
    calls: [],
    settings: [],
    anyTypes: [],
    emptyCatches: [],
  };
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const found = (node: Node, text: string): Found => ({ line: lineOf(node.getStart(source)), text });
  let enclosing: { lines: number }[] = [];
  const visit = (node: Node): undefined => {
    collectNames(node, facts, found);
    collectAccess(node, facts, found);
    collectCatch(node, source, facts, found);
    if (functionBody(node) === undefined) return visitInside(node, enclosing);
    const line = lineOf(node.getStart(source));
    const measured = { line, text: nameOf(node), lines: lineOf(node.end) - line + 1 };
    const groups = isArgumentOf(node, GROUPING);
    // A suite is as long as its tests are many: each test counts for itself alone.
    if (groups || isArgumentOf(node, TESTS)) for (const outer of enclosing) outer.lines -= measured.lines;
    if (groups) return visitInside(node, []);
    facts.functions.push(measured);
    return visitInside(node, isArgumentOf(node, TESTS) ? [measured] : [...enclosing, measured]);
  };
  const visitInside = (node: Node, functions: { lines: number }[]): undefined => {
    const before = enclosing;
    enclosing = functions;
    node.forEachChild(visit);
    enclosing = before;
    return undefined;
  };
  source.forEachChild(visit);
  return facts;
}

type Finder = (node: Node, text: string) => Found;

function collectNames(node: Node, facts: Collected, found: Finder): void {
  if (isIdentifier(node)) facts.words.push(found(node, node.text));
  else if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) facts.words.push(found(node, node.text));
  else if (isTemplateHead(node) || isTemplateMiddle(node) || isTemplateTail(node)) {
    facts.words.push(found(node, node.text));
  } else if (node.kind === SyntaxKind.AnyKeyword) facts.anyTypes.push(found(node, "any"));
  const specifier = moduleOf(node);
  if (specifier !== undefined) facts.imports.push(found(node, specifier));
}

function collectAccess(node: Node, facts: Collected, found: Finder): void {
  if (isPropertyAccessExpression(node)) facts.accesses.push(found(node, node.getText()));
  if (isCallExpression(node)) facts.calls.push(found(node, node.expression.getText()));
  if (isPropertyAssignment(node))
    facts.settings.push(found(node, `${node.name.getText()}: ${node.initializer.getText()}`));
}

function collectCatch(node: Node, source: SourceFile, facts: Collected, found: Finder): void {
  if (isCatchClause(node) && isEmptyBlock(node.block, source)) facts.emptyCatches.push(found(node, "catch"));
  if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return;
  const [handler] = node.arguments;
  if (node.expression.name.text !== "catch" || handler === undefined) return;
  const body = functionBody(handler);
  if (body !== undefined && isEmptyBlock(body, source)) facts.emptyCatches.push(found(node, ".catch()"));
}

function isEmptyBlock(node: Node, source: SourceFile): boolean {
  if (!isBlock(node) || node.statements.length > 0) return false;
  return !/\/[/*]/.test(node.getText(source));
}

function moduleOf(node: Node): string | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) {
    const { moduleSpecifier } = node;
    return moduleSpecifier !== undefined && isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : undefined;
  }
  if (!isCallExpression(node) || node.expression.kind !== SyntaxKind.ImportKeyword) return undefined;
  const [argument] = node.arguments;
  return argument !== undefined && isStringLiteral(argument) ? argument.text : undefined;
}

function functionBody(node: Node): Node | undefined {
  if (isArrowFunction(node) || isFunctionExpression(node)) return node.body;
  if (isFunctionDeclaration(node) || isMethodDeclaration(node)) return node.body;
  if (isConstructorDeclaration(node) || isGetAccessorDeclaration(node)) return node.body;
  return undefined;
}

function isArgumentOf(node: Node, names: ReadonlySet<string>): boolean {
  const { parent } = node;
  return isCallExpression(parent) && isIdentifier(parent.expression) && names.has(parent.expression.text);
}

function nameOf(node: Node): string {
  const name = "name" in node ? node.name : undefined;
  return typeof name === "object" && name !== null && "text" in name ? String(name.text) : "a function";
}
