// The bytes of files, uncompressed and on the wire: each file separately at the highest level of each compressor.
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** The sums over these files. */
export function measure(...files) {
  const sum = (size) => files.reduce((all, bytes) => all + size(bytes), 0);
  return {
    raw: sum((bytes) => bytes.length),
    gzip: sum((bytes) => gzipSync(bytes, { level: 9 }).length),
    brotli: sum((bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length),
  };
}
