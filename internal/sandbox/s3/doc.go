// Package s3 is the sandbox's S3: buckets and small objects, so that a template can
// be uploaded and CloudFormation can read it.
//
// Its promise: what is stored is what is read, byte for byte; a request that
// asks for anything else than what is done here (an access list, a version, a
// range, a part of an upload, encryption with a key) is refused with
// NotImplemented, in the words that S3 has for that. What it does rests on, in
// order of trust:
//
//   - documented: names of buckets, which are unique in a partition; regions and
//     LocationConstraint; which error codes and statuses there are; the owner that a
//     request expects; ETag as the MD5 of an object that was put in one piece;
//     checksums, in headers and in the trailer of an aws-chunked body; If-None-Match;
//     that a missing object is a denied one for who may not list the bucket;
//     that objects are encrypted with AES256 by default; pages of a list;
//   - reported: the wording of errors; Location and x-amz-bucket-region of answers;
//   - assumed: which of several errors comes first.
//
// It differs from AWS knowingly: an object has 8 MiB at most; there are no bucket
// policies, so that no account sees another's buckets; a region answers for its own
// buckets alone, with PermanentRedirect for others; the signatures of chunks aren't
// looked at, that of the request is.
package s3
