// Reads a trace, record by record, in memory bounded by one record, and believes nothing.
//
// Whatever the bytes are (another kind of file, another version, cut short, damaged, hostile sizes), the answer is a
// record or an error that says where (byte and record) and what was expected there. Whether the run in it can be run
// again is the replayer's matter.
#ifndef LOCKSTEP_TRACES_READER_H_
#define LOCKSTEP_TRACES_READER_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "traces/trace.pb.h"

namespace lockstep::traces {

class Reader {
 public:
  // `name` is how errors call the file.
  Reader(std::unique_ptr<std::istream> in, std::string name);

  // Errors: NotFound, naming the file and the system's reason.
  static absl::StatusOr<Reader> Open(const std::string& path);

  // Reads the next record. False: there was none left, and the trace is whole.
  // Errors: Unimplemented for a format of another version; InvalidArgument for a file that is no trace; DataLoss for
  // one that is damaged or cut short. After an error or the end every further call returns the same.
  absl::StatusOr<bool> Next(proto::Record* record);

  // The number of the record read last, from 1, and the byte at which it begins.
  uint64_t record_number() const { return records_; }
  uint64_t record_offset() const { return record_offset_; }
  const std::string& name() const { return name_; }

  // `problem` of the record read last, with its place.
  absl::Status ErrorHere(const std::string& problem) const;

 private:
  absl::StatusOr<bool> ReadNext(proto::Record* record);
  absl::Status ReadFirstLine();
  absl::Status CheckOrder(const proto::Record& record);
  // Reads up to `bytes` bytes into `to`; fewer only at the end of the file.
  void Read(size_t bytes, std::string* to);
  std::string Place() const;

  std::unique_ptr<std::istream> in_;
  std::string name_;
  uint64_t offset_ = 0;  // Bytes read.
  uint64_t record_offset_ = 0;
  uint64_t records_ = 0;
  bool ended_ = false;
  absl::StatusOr<bool> last_ = true;
  std::string buffer_;
};

// What it takes to run a trace again, and how it ended.
struct Summary {
  proto::Header header;
  std::vector<uint64_t> choices;
  proto::End end;
};

// Reads the whole trace once, checking all of it, and keeps that. Errors: Reader::Next's.
absl::StatusOr<Summary> ReadSummary(const std::string& path);
absl::StatusOr<Summary> ReadSummary(Reader& reader);

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_READER_H_
