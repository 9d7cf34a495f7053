// Read a JSON list of links on standard input; write what digital-link.js says of each: its parts, null if it refuses.
const { DigitalLink } = require('digital-link.js');

const links = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const read = (link) => {
  try {
    const found = DigitalLink(link);
    const parts = [found.getIdentifier(), found.getKeyQualifiers(), found.getAttributes()];
    return found.isValid() ? Object.assign({}, ...parts) : null;
  } catch (error) {
    return null;
  }
};
process.stdout.write(JSON.stringify(links.map(read)));
