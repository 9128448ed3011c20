import type TypeScript from 'typescript';

/** The compiler of the application, which reads its sources. */
export type Compiler = typeof TypeScript;

/** Text to be inserted at a position of a source. */
interface Insertion {
  at: number;
  text: string;
}

/** A source file, with the edits that were made in it. All else keeps its form. */
export class SourceEdits {
  readonly #insertions: Insertion[] = [];
  readonly #source: TypeScript.SourceFile;

  constructor(
    private readonly ts: Compiler,
    readonly path: string,
    private readonly text: string,
  ) {
    this.#source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  /** The source with all edits. */
  toString(): string {
    const sorted = this.#insertions.toSorted((a, b) => b.at - a.at);
    return sorted.reduce(
      (text, { at, text: added }) => text.slice(0, at) + added + text.slice(at),
      this.text,
    );
  }

  /** Module specifier from which a name is imported, or `undefined`. */
  importOf(name: string): string | undefined {
    for (const { importClause, moduleSpecifier } of this.#imports()) {
      const named = importClause?.namedBindings;
      const isNamed =
        named && this.ts.isNamedImports(named) && named.elements.some((one) => one.name.text === name);
      if (isNamed && this.ts.isStringLiteral(moduleSpecifier)) return moduleSpecifier.text;
    }
    return undefined;
  }

  /** Adds an import after the others. */
  addImport(names: string, specifier: string): void {
    const last = this.#imports().at(-1);
    const line = `import { ${names} } from '${specifier}';`;
    this.#insertions.push(last ? { at: last.end, text: `\n${line}` } : { at: 0, text: `${line}\n` });
  }

  /** Calls of a function or method, such as `NestFactory.create`. */
  calls(name: string): TypeScript.CallExpression[] {
    const found: TypeScript.CallExpression[] = [];
    const visit = (node: TypeScript.Node) => {
      if (this.ts.isCallExpression(node) && node.expression.getText(this.#source) === name) found.push(node);
      this.ts.forEachChild(node, visit);
    };
    visit(this.#source);
    return found;
  }

  /**
   * The object literal that an expression is or, as the factory of a module does, has in a property or returns. A promise of
   * it counts as well.
   */
  objectIn(node: TypeScript.Node | undefined): TypeScript.ObjectLiteralExpression | undefined {
    const { ts } = this;
    if (!node) return undefined;
    if (ts.isParenthesizedExpression(node) || ts.isSatisfiesExpression(node) || ts.isAsExpression(node))
      return this.objectIn(node.expression);
    if (ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isMethodDeclaration(node)) {
      if (!node.body || !ts.isBlock(node.body)) return this.objectIn(node.body);
      return this.objectIn(node.body.statements.findLast((one) => ts.isReturnStatement(one))?.expression);
    }
    if (!ts.isObjectLiteralExpression(node)) return undefined;
    const factory = this.property(node, 'useFactory');
    if (!factory) return node;
    return this.objectIn(ts.isPropertyAssignment(factory) ? factory.initializer : factory);
  }

  /** A property of an object literal, by its name. */
  property(object: TypeScript.ObjectLiteralExpression, name: string) {
    return object.properties.find((one) => one.name?.getText(this.#source) === name);
  }

  /** Source of a property's value. */
  valueOf(object: TypeScript.ObjectLiteralExpression, name: string): string | undefined {
    const property = this.property(object, name);
    return property && this.ts.isPropertyAssignment(property)
      ? property.initializer.getText(this.#source)
      : undefined;
  }

  /**
   * Adds an element to a list in an object literal, which is created if it is missing.
   *
   * @returns `false` if the property is there, but no list, so that nothing was changed.
   */
  addToList(object: TypeScript.ObjectLiteralExpression, name: string, element: string): boolean {
    const property = this.property(object, name);
    if (!property) {
      this.addProperty(object, `${name}: [${element}]`);
      return true;
    }
    if (!this.ts.isPropertyAssignment(property)) return false;
    const list = property.initializer;
    if (!this.ts.isArrayLiteralExpression(list)) return false;
    const last = list.elements.at(-1);
    const indent = last && this.#lineBreakBefore(last);
    this.#insertions.push(
      last
        ? { at: last.end, text: `,${indent ?? ' '}${element}` }
        : { at: list.getStart() + 1, text: element },
    );
    return true;
  }

  /** Adds a property at the beginning of an object literal. */
  addProperty(object: TypeScript.ObjectLiteralExpression, text: string): void {
    const first = object.properties.at(0);
    const indent = first && this.#lineBreakBefore(first);
    this.#insertions.push({ at: object.getStart() + 1, text: `${indent ?? ' '}${text},` });
  }

  /** The line break and indent before a node, or `undefined` if it is on the line of the one before. */
  #lineBreakBefore(node: TypeScript.Node): string | undefined {
    return /^\s*\n[ \t]*/
      .exec(this.text.slice(node.getFullStart(), node.getStart()))?.[0]
      .replace(/^\s*\n/, '\n');
  }

  #imports(): TypeScript.ImportDeclaration[] {
    return this.#source.statements.filter((one) => this.ts.isImportDeclaration(one));
  }
}
