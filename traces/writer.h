// Writes a trace, record by record, in memory bounded by one record.
//
// Records go to a stream, or to a file that appears under its name only once it is complete: a reader never meets a
// half-written one. What the records are is the caller's matter; the order is checked (a header first, one end last).
#ifndef LOCKSTEP_TRACES_WRITER_H_
#define LOCKSTEP_TRACES_WRITER_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "traces/trace.pb.h"

namespace lockstep::traces {

class Writer {
 public:
  // Requires: `out` outlives the writer.
  explicit Writer(std::ostream& out);

  // Appends `record`. The end's number of records is filled in here.
  // Errors: FailedPrecondition for a record out of order; InvalidArgument for one larger than a reader accepts;
  // Unavailable if the stream cannot take it. After an error every further call returns the same one.
  absl::Status Write(proto::Record record);

  uint64_t records() const { return records_; }

 private:
  absl::Status Append(const proto::Record& record);

  std::ostream& out_;
  absl::Status status_;
  uint64_t records_ = 0;
  bool ended_ = false;
  std::string buffer_;
};

// A trace file being written.
class FileWriter {
 public:
  // Errors: Unavailable, naming the file and the system's reason.
  static absl::StatusOr<std::unique_ptr<FileWriter>> Create(const std::string& path);
  // Removes the unfinished file, if Close has not succeeded.
  ~FileWriter();

  absl::Status Write(proto::Record record) { return writer_.Write(std::move(record)); }

  // Puts the complete trace under its name. Requires: the end has been written.
  // Errors: Unavailable, naming the file and the system's reason.
  absl::Status Close();

 private:
  explicit FileWriter(std::string path);

  const std::string path_;
  const std::string unfinished_path_;
  std::ofstream file_;
  Writer writer_;
  bool closed_ = false;
};

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_WRITER_H_
