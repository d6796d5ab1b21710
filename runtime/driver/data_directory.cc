#include "runtime/driver/data_directory.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/crc32c.h"
#include "runtime/wal/replay.h"

namespace lockstep::runtime {
namespace {

constexpr const char* kIdentityName = "identity";
constexpr uint64_t kIdentityBytesMax = 4096;

// What the identity file says, line by line; the last line is the checksum of the others.
std::string IdentityText(const LogIdentity& identity) {
  std::string text = absl::StrFormat("lockstep node, format 1\ncluster %016x\ngroup %d\nnode %d\nincarnation %d\n",
                                     identity.cluster, identity.group, identity.node.number, identity.node.incarnation);
  absl::StrAppendFormat(&text, "crc32c %08x\n", Crc32c(text));
  return text;
}

bool IsIntact(const std::string& text) {
  const size_t at = text.rfind("crc32c ");
  return at != std::string::npos && text.substr(at) == absl::StrFormat("crc32c %08x\n", Crc32c(text.substr(0, at)));
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ',';
  }
  return text;
}

absl::Status CheckIdentity(const std::string& found, const LogIdentity& identity) {
  const std::string wanted = IdentityText(identity);
  if (found == wanted) return absl::OkStatus();
  if (!IsIntact(found)) {
    return absl::DataLossError(
        "the file 'identity' is damaged: restore it from a copy, or remove this node's data and let it join again "
        "under "
        "a new incarnation");
  }
  return absl::FailedPreconditionError(absl::StrCat("these files belong to (", OneLine(found),
                                                    ") but this node is started as (", OneLine(wanted),
                                                    "): start it under the name in the files; or, if it lost its disk "
                                                    "and has a new incarnation, in an empty folder"));
}

// Whether a folder that has no identity holds nothing that could matter: what an interrupted making leaves.
absl::Status CheckUnused(Files& files, const WriteAheadLogOptions& options) {
  const auto replayed = ReplayLog(files, options.directory, options.identity);
  if (replayed.status().code() == absl::StatusCode::kNotFound) return absl::OkStatus();
  if (replayed.ok() && replayed->index.term() == 0 && replayed->index.last().index == 0) return absl::OkStatus();
  return absl::DataLossError(
      "there is a log but no file 'identity': restore that file from a copy, or remove this node's data and let it "
      "join "
      "again under a new incarnation");
}

absl::Status Make(Files& files, Entropy& entropy, const DataDirectoryOptions& options,
                  const WriteAheadLogOptions& log_options) {
  if (absl::Status status = CheckUnused(files, log_options); !status.ok()) return status;
  ConfigurationEntry first;
  if (options.founding.has_value()) first.configuration = *options.founding;
  absl::Status status = WriteAheadLog::Create(files, entropy, log_options, first);
  if (status.code() == absl::StatusCode::kAlreadyExists) {
    // Of a making that was interrupted, maybe with another configuration: begin anew.
    status = files.Remove(absl::StrCat(log_options.directory, "/", SegmentName(1)));
    if (status.ok()) status = WriteAheadLog::Create(files, entropy, log_options, first);
  }
  if (!status.ok()) return status;
  return ReplaceFile(files, "", kIdentityName, IdentityText(options.identity));
}

}  // namespace

absl::StatusOr<DataDirectory> OpenDataDirectory(Files& files, Entropy& entropy, const DataDirectoryOptions& options) {
  WriteAheadLogOptions log_options;
  log_options.identity = options.identity;
  log_options.segment_bytes = options.segment_bytes;
  DataDirectory data;
  const auto identity = ReadWholeFile(files, kIdentityName, kIdentityBytesMax);
  if (identity.status().code() == absl::StatusCode::kNotFound) {
    if (absl::Status status = Make(files, entropy, options, log_options); !status.ok()) return status;
    data.is_new = true;
  } else if (!identity.ok()) {
    return identity.status();
  } else if (absl::Status status = CheckIdentity(*identity, options.identity); !status.ok()) {
    return status;
  } else if (status = files.SyncDirectory(""); !status.ok()) {
    // The process that made it may have ended before its name was on the disk.
    return status;
  }
  auto opened = WriteAheadLog::Open(files, log_options);
  if (opened.status().code() == absl::StatusCode::kNotFound) {
    return absl::DataLossError(
        "this node has an identity but its log is gone: it may have voted and acknowledged what it no longer knows; "
        "restore the log from the same disk, or remove this node's data and let it join again under a new incarnation");
  }
  if (!opened.ok()) return opened.status();
  auto snapshots =
      FileSnapshotStore::Open(files, {.cluster = options.identity.cluster, .group = options.identity.group});
  if (!snapshots.ok()) return snapshots.status();
  data.log = std::move(opened->log);
  data.snapshots = *std::move(snapshots);
  data.stored = std::move(opened->stored);
  data.report = std::move(opened->report);
  return data;
}

}  // namespace lockstep::runtime
