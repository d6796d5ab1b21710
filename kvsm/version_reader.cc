#include "kvsm/version_reader.h"

#include <algorithm>
#include <utility>

namespace lockstep::kvsm {

VersionReader::VersionReader(std::shared_ptr<Machine> machine, Revision last)
    : machine_(std::move(machine)),
      compacted_(machine_->compact_revision()),
      last_(last),
      in_base_(compacted_ > 0),
      next_{std::max<Revision>(0, compacted_), 0} {
  machine_->store_.engine().Pin(next_.revision);
}

VersionReader::~VersionReader() { machine_->store_.engine().Unpin(std::max<Revision>(0, compacted_)); }

// False: the visitor has had enough.
bool VersionReader::ReadBase(absl::FunctionRef<bool(const VersionView&, bool)> visitor) {
  bool goes_on = true;
  machine_->store_.engine().Scan(KeyRange::From(next_key_), compacted_, [&](const VersionView& version) {
    if (version.mod_revision == compacted_) return true;  // It is among the changes.
    goes_on = visitor(version, true);
    if (goes_on) return true;
    next_key_.assign(version.key);
    next_key_.push_back('\0');  // The first key after this one.
    return false;
  });
  return goes_on;
}

bool VersionReader::Read(absl::FunctionRef<bool(const VersionView&, bool)> visitor) {
  if (in_base_) {
    if (!ReadBase(visitor)) return true;
    in_base_ = false;
  }
  bool goes_on = true;
  machine_->ScanChanges(next_, last_, [&](const VersionView& version) {
    goes_on = visitor(version, false);
    next_ = {version.mod_revision, version.sub + 1};
    return goes_on;
  });
  return !goes_on;
}

void VersionHash::Mix(uint64_t bits) {
  bits_ = (bits_ ^ bits) * 0xff51afd7ed558ccd;
  bits_ ^= bits_ >> 32;
}

void VersionHash::Mix(std::string_view bytes) {
  Mix(bytes.size());
  while (!bytes.empty()) {
    uint64_t word = 0;
    const size_t n = std::min<size_t>(8, bytes.size());
    for (size_t i = 0; i < n; ++i) word |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    Mix(word);
    bytes.remove_prefix(n);
  }
}

void VersionHash::Add(const VersionView& version, bool is_base) {
  Mix(version.key);
  Mix(version.value);
  Mix(static_cast<uint64_t>(version.create_revision));
  Mix(static_cast<uint64_t>(version.mod_revision));
  Mix(static_cast<uint64_t>(version.version));
  Mix(static_cast<uint64_t>(version.lease));
  Mix(uint64_t{version.sub} << 1 | (is_base ? 1 : 0));
}

}  // namespace lockstep::kvsm
