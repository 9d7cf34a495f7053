// What npm's libraries say: VNPay's URLs and notices, VietQR texts read and written, payOS's signed notices.
const { VNPay, ignoreLogger } = require('vnpay');
const { QRPay } = require('vietnam-qr-pay');
const { PayOS } = require('@payos/node');

const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const vnpay = new VNPay({
  tmnCode: given.vnpay.tmn_code, secureSecret: given.vnpay.secret, vnpayHost: 'https://sandbox.vnpayment.vn',
  hashAlgorithm: 'SHA512', enableLog: false, loggerFn: ignoreLogger,
});
const payos = new PayOS({ clientId: 'c', apiKey: 'a', checksumKey: given.payos.key });
const read = (text) => {
  const found = new QRPay(text);
  const { bankBin, bankNumber } = found.consumer;
  return found.isValid ? [bankBin, bankNumber, found.amount || null, found.additionalData.purpose || null] : null;
};
const believed = (notice) => payos.webhooks.verify(notice).then(() => true, () => false);

Promise.all(given.payos.notices.map(believed)).then((notices) => {
  process.stdout.write(JSON.stringify({
    verified: given.vnpay.queries.map((query) => vnpay.verifyIpnCall(query).isVerified),
    url: vnpay.buildPaymentUrl(given.vnpay.order),
    read: given.vietqr.map(read),
    written: QRPay.initVietQR(given.written).build(),
    notices,
  }));
});
