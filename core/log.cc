#include "core/log.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace lockstep {

Log::Log(LogPosition base, ConfigurationEntry configuration) : base_(base) {
  LOCKSTEP_CHECK(configuration.index <= base.index);
  configurations_.push_back(std::move(configuration));
}

std::optional<Term> Log::TermAt(Index index) const {
  if (index == base_.index) return base_.term;
  if (index < base_.index || index > last_index()) return std::nullopt;
  return At(index).term;
}

LogPosition Log::LastAtMost(Index index, Term term) const {
  index = std::max(std::min(index, last_index()), base_.index);
  while (index > base_.index && At(index).term > term) --index;
  return {index, index == base_.index ? base_.term : At(index).term};
}

Index Log::FirstIndexFrom(Term term) const {
  const auto at = std::partition_point(entries_.begin(), entries_.end(),
                                       [term](const EntryMeta& entry) { return entry.term < term; });
  return first_index() + static_cast<Index>(at - entries_.begin());
}

void Log::Append(EntryMeta entry, Configuration configuration) {
  entries_.push_back(entry);
  configurations_.push_back({last_index(), std::move(configuration)});
}

void Log::TruncateAfter(Index last) {
  LOCKSTEP_CHECK(last >= base_.index);
  if (last >= last_index()) return;
  entries_.resize(last - base_.index);
  while (configurations_.size() > 1 && configurations_.back().index > last) configurations_.pop_back();
}

void Log::CompactTo(Index last) {
  LOCKSTEP_CHECK(last >= base_.index && last <= last_index());
  if (last == base_.index) return;
  const Term term = At(last).term;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(last - base_.index));
  base_ = {last, term};
  while (configurations_.size() > 1 && configurations_[1].index <= last) {
    configurations_.erase(configurations_.begin());
  }
}

const ConfigurationEntry& Log::ConfigurationAt(Index index) const {
  size_t at = configurations_.size() - 1;
  while (at > 0 && configurations_[at].index > index) --at;
  return configurations_[at];
}

uint64_t Log::BytesAfter(Index index) const {
  uint64_t bytes = 0;
  for (Index i = std::max(index, base_.index) + 1; i <= last_index(); ++i) bytes += At(i).bytes;
  return bytes;
}

}  // namespace lockstep
