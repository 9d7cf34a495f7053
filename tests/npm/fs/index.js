// epcis2.js asks npm for a package of the name of a part of Node; this stands in for it.
module.exports = {};
