// Questions are answered from documents: retrieval-augmented generation with LangChain.js.
//
//   ./hypervex serve --data ./rag-data &
//   npm install @langchain/core and the packed packages of sdk/ (docs/langchain.md), then: node rag.mjs [URL]
//
// The embeddings count words and the "language model" repeats its best source, so that the example needs no key and
// always says the same; put those of your provider in their places.
import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { PromptTemplate } from "@langchain/core/prompts";
import { RunnableLambda, RunnablePassthrough, RunnableSequence } from "@langchain/core/runnables";
import { HypervexStore } from "@hypervex/langchain";

const DIMENSION = 256;
const COMMON = new Set("a an and are as by do does for in is it of on the to what where which who".split(" "));

class WordEmbeddings extends Embeddings {
  constructor() {
    super({});
  }

  async embedQuery(text) {
    const counts = new Array(DIMENSION).fill(0.001);
    for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
      if (!COMMON.has(word)) {
        let hash = 17;
        for (const letter of word) {
          hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_003;
        }
        counts[hash % DIMENSION] += 1;
      }
    }
    return counts;
  }

  embedDocuments(texts) {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

const store = new HypervexStore(new WordEmbeddings(), {
  url: process.argv[2] ?? "http://127.0.0.1:8080",
  collectionName: "handbook",
});
await store.addDocuments([
  new Document({ id: "backup", pageContent: "Snapshots are backups: download them to another machine.", metadata: { part: "operating" } }),
  new Document({ id: "alias", pageContent: "An alias switches readers to a new collection at once.", metadata: { part: "operating" } }),
  new Document({ id: "filter", pageContent: "Filters restrict a search to records whose metadata match.", metadata: { part: "searching" } }),
  new Document({ id: "metric", pageContent: "Cosine is the metric for embeddings of text.", metadata: { part: "searching" } }),
]);

const prompt = PromptTemplate.fromTemplate("Answer from these sources alone.\n{sources}\nQuestion: {question}");

// In the place of a language model: it answers with the first source.
const model = RunnableLambda.from((value) => /\[(\w+)\] (.*)/.exec(value.toString())?.slice(1).reverse().join(" -- ") ?? "I do not know.");

const ask = RunnableSequence.from([
  {
    question: new RunnablePassthrough(),
    sources: store.asRetriever({ k: 2 }).pipe((documents) => documents.map((one) => `[${one.id}] ${one.pageContent}`).join("\n")),
  },
  prompt,
  model,
  new StringOutputParser(),
]);

for (const question of ["Where do backups go?", "Which metric is for text?"]) {
  console.log(`${question} ${await ask.invoke(question)}`);
}

const [operating] = await store.asRetriever({ k: 1, filter: { part: "operating" } }).invoke("How does a search match metadata?");
console.log(`Among what is about operating: ${operating.id}`);
