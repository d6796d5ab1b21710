#include "kvsm/image.h"

#include <utility>

#include "kvsm/varint.h"

namespace lockstep::kvsm {
namespace {

constexpr std::string_view kMagic = "lockstep.kv 1\n";
constexpr char kLeaseTag = 'L';
constexpr char kBaseTag = 'B';
constexpr char kChangeTag = 'C';
constexpr char kEndTag = 'E';

absl::Status Damaged(const char* what) { return absl::DataLossError(std::string("the image of the keys: ") + what); }

void AppendNumber(std::string& to, int64_t number) { AppendVarint(to, static_cast<uint64_t>(number)); }

bool TakeNumber(std::string_view& rest, int64_t& number) {
  uint64_t bits = 0;
  if (!TakeVarint(rest, bits)) return false;
  number = static_cast<int64_t>(bits);
  return true;
}

void AppendBytes(std::string& to, std::string_view bytes) {
  AppendVarint(to, bytes.size());
  to.append(bytes);
}

bool TakeBytes(std::string_view& rest, std::string_view& bytes) {
  uint64_t size = 0;
  if (!TakeVarint(rest, size) || size > rest.size()) return false;
  bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

void AppendVersion(std::string& to, const VersionView& version, bool is_base) {
  to.push_back(is_base ? kBaseTag : kChangeTag);
  AppendBytes(to, version.key);
  AppendBytes(to, version.value);
  AppendNumber(to, version.create_revision);
  AppendNumber(to, version.mod_revision);
  AppendNumber(to, version.version);
  AppendNumber(to, version.lease);
  AppendVarint(to, version.sub);
}

}  // namespace

Image::Image(const std::shared_ptr<Machine>& machine) : versions_(machine, machine->revision()) {
  proto::SnapshotHead head;
  head.set_revision(machine->revision());
  head.set_compact_revision(machine->compact_revision());
  head.set_log_millis(machine->log_millis_);
  head.set_leases_granted(machine->leases_granted_);
  head.set_last_member_number(machine->members_.last_number());
  for (const auto& [member, type] : machine->alarms_) {
    auto& alarm = *head.add_alarms();
    alarm.set_memberid(member);
    alarm.set_alarm(type);
  }
  for (const auto& [id, member] : machine->members_.all()) *head.add_members() = member;
  head_ = kMagic;
  AppendBytes(head_, head.SerializeAsString());
  for (const auto& [id, lease] : machine->leases_.all()) {
    head_.push_back(kLeaseTag);
    AppendNumber(head_, id);
    AppendNumber(head_, lease.ttl_seconds);
    AppendNumber(head_, lease.deadline_millis);
  }
}

std::string Image::Read(size_t bytes_wanted) {
  std::string piece = std::move(head_);
  head_.clear();
  if (ended_) return piece;
  const bool more = versions_.Read([&](const VersionView& version, bool is_base) {
    AppendVersion(piece, version, is_base);
    return piece.size() < bytes_wanted;
  });
  if (!more) {
    piece.push_back(kEndTag);
    ended_ = true;
  }
  return piece;
}

// ---- Back.

ImageReader::ImageReader(std::unique_ptr<Engine> engine) : machine_(std::make_unique<Machine>(std::move(engine))) {}

absl::Status ImageReader::Take(std::string_view piece) {
  absl::Status status;
  pending_.append(piece);
  std::string_view rest = pending_;
  while (status.ok() && TakeNext(rest, status)) {
  }
  pending_.erase(0, pending_.size() - rest.size());
  return status;
}

bool ImageReader::TakeNext(std::string_view& rest, absl::Status& status) {
  switch (part_) {
    case Part::kMagic:
      if (rest.size() < kMagic.size()) return false;
      if (!rest.starts_with(kMagic)) {
        status = Damaged("it does not begin as one of this version does");
        return false;
      }
      rest.remove_prefix(kMagic.size());
      part_ = Part::kHead;
      return true;
    case Part::kHead:
      return TakeHead(rest, status);
    case Part::kRecords:
      break;
    case Part::kEnd:
      if (!rest.empty()) status = Damaged("bytes after its end");
      return false;
  }
  if (rest.empty()) return false;
  const char tag = rest.front();
  std::string_view body = rest.substr(1);
  if (tag == kEndTag) {
    part_ = Part::kEnd;
  } else if (tag == kLeaseTag) {
    if (!TakeLease(body, status)) return false;
  } else if (tag == kBaseTag || tag == kChangeTag) {
    if (!TakeVersion(body, tag == kBaseTag, status)) return false;
  } else {
    status = Damaged("a record of no known kind");
    return false;
  }
  rest = body;
  return true;
}

bool ImageReader::TakeHead(std::string_view& rest, absl::Status& status) {
  std::string_view body = rest;
  std::string_view bytes;
  if (!TakeBytes(body, bytes)) return false;
  proto::SnapshotHead head;
  if (!head.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || head.compact_revision() > head.revision()) {
    status = Damaged("its head");
    return false;
  }
  Machine& machine = *machine_;
  machine.store_.Restore(head.revision(), head.compact_revision());
  machine.log_millis_ = head.log_millis();
  machine.leases_granted_ = head.leases_granted();
  machine.members_.Restore(head);
  for (const auto& alarm : head.alarms()) machine.alarms_.emplace(alarm.memberid(), alarm.alarm());
  rest = body;
  part_ = Part::kRecords;
  return true;
}

bool ImageReader::TakeLease(std::string_view& rest, absl::Status& status) {
  int64_t id = 0;
  int64_t ttl = 0;
  int64_t deadline = 0;
  if (!TakeNumber(rest, id) || !TakeNumber(rest, ttl) || !TakeNumber(rest, deadline)) return false;
  if (machine_->leases_.Find(id) != nullptr) {
    status = Damaged("a lease twice");
    return false;
  }
  machine_->leases_.Grant(id, ttl, deadline);
  return true;
}

bool ImageReader::TakeVersion(std::string_view& rest, bool is_base, absl::Status& status) {
  VersionView version;
  uint64_t sub = 0;
  const bool whole = TakeBytes(rest, version.key) && TakeBytes(rest, version.value) &&
                     TakeNumber(rest, version.create_revision) && TakeNumber(rest, version.mod_revision) &&
                     TakeNumber(rest, version.version) && TakeNumber(rest, version.lease) && TakeVarint(rest, sub);
  if (!whole) return false;
  version.sub = static_cast<uint32_t>(sub);
  status = Check(version, is_base);
  if (!status.ok()) return false;
  machine_->store_.RestoreVersion(version, is_base);
  return true;
}

absl::Status ImageReader::Check(const VersionView& version, bool is_base) {
  const Store& store = machine_->store_;
  if (is_base) {
    if (any_change_ || (any_base_ && version.key <= last_key_)) return Damaged("its keys are out of order");
    if (version.is_deletion() || version.mod_revision >= store.compact_revision()) return Damaged("a key of its base");
    any_base_ = true;
    last_key_.assign(version.key);
    return absl::OkStatus();
  }
  const bool is_next = version.mod_revision > last_change_.revision ||
                       (version.mod_revision == last_change_.revision && version.sub > last_change_.sub);
  if (any_change_ && !is_next) return Damaged("its changes are out of order");
  if (version.mod_revision < store.compact_revision() || version.mod_revision > store.revision()) {
    return Damaged("a change of no revision of its");
  }
  any_change_ = true;
  last_change_ = {version.mod_revision, version.sub};
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Machine>> ImageReader::Finish() {
  if (part_ != Part::kEnd || !pending_.empty()) return Damaged("it ends too early");
  Machine& machine = *machine_;
  absl::Status status;
  machine.store_.engine().Scan(KeyRange::From(""), kNewest, [&](const VersionView& version) {
    if (version.lease == 0) return true;
    if (machine.leases_.Find(version.lease) == nullptr) {
      status = Damaged("a key's lease is not there");
      return false;
    }
    machine.leases_.Attach(version.lease, version.key);
    return true;
  });
  if (!status.ok()) return status;
  return std::move(machine_);
}

}  // namespace lockstep::kvsm
