// How long npm's vnpay takes, in microseconds of processor time: one pay URL built, one notice verified.
const { VNPay, ignoreLogger } = require('vnpay');

const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const vnpay = new VNPay({
  tmnCode: given.tmn_code, secureSecret: given.secret, vnpayHost: 'https://sandbox.vnpayment.vn',
  hashAlgorithm: 'SHA512', enableLog: false, loggerFn: ignoreLogger,
});
const each = (act) => {
  for (let n = 0; n < given.times; n += 1) act();
  const start = process.cpuUsage();
  for (let n = 0; n < given.times; n += 1) act();
  const used = process.cpuUsage(start);
  return (used.user + used.system) / given.times;
};
// Both sides begin with the query as it came over the wire.
const verify = () => vnpay.verifyIpnCall(Object.fromEntries(new URLSearchParams(given.query)));
if (!verify().isVerified) throw new Error('the notice is not verified');
process.stdout.write(JSON.stringify({
  sign: each(() => vnpay.buildPaymentUrl(given.order)),
  verify: each(verify),
}));
