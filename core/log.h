// The log as the core sees it: a term, a kind and a size for each entry, and the configurations.
//
//     index   4 5 6 7 8 9
//     term    2 2 3 3 3 5
//             | `---------- entries 5..9 are held
//             `------------ base: everything up to 4 is compacted, of it only the term is known
//
// The configurations of the log form a stack: the last one is in effect as soon as it is appended, and
// truncating the log takes it away again. [Raft §5.3, §6, §7] Commit, durability and what may be truncated
// are decided by the callers.
#ifndef LOCKSTEP_CORE_LOG_H_
#define LOCKSTEP_CORE_LOG_H_

#include <optional>
#include <vector>

#include "core/configuration.h"
#include "core/types.h"

namespace lockstep {

// A configuration and the index of the entry that holds it (or, for the oldest, of the last entry of
// that configuration's time that is known: a snapshot's).
struct ConfigurationEntry {
  Index index = 0;
  Configuration configuration;

  friend bool operator==(const ConfigurationEntry&, const ConfigurationEntry&) = default;
};

// A position in some log: "the entry at `index` has `term`".
struct LogPosition {
  Index index = 0;
  Term term = 0;

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

class Log {
 public:
  // An empty log whose first entry will have index 1, with no configuration.
  Log() : configurations_(1) {}
  // A log that begins after `base`, where `configuration` was in effect.
  Log(LogPosition base, ConfigurationEntry configuration);

  Index base_index() const { return base_.index; }
  LogPosition base() const { return base_; }
  Index first_index() const { return base_.index + 1; }
  Index last_index() const { return base_.index + entries_.size(); }
  Term last_term() const { return entries_.empty() ? base_.term : entries_.back().term; }

  // The term at `index`; nothing below the base and above the end.
  std::optional<Term> TermAt(Index index) const;
  // Whether the entry at `position.index` is known to have `position.term`.
  bool Matches(LogPosition position) const { return TermAt(position.index) == position.term; }
  // Requires: first_index() <= index <= last_index().
  const EntryMeta& At(Index index) const { return entries_[index - base_.index - 1]; }

  // Whether a log that ends at `other` is at least as up-to-date as this one. [Raft §5.4.1]
  bool IsUpToDate(LogPosition other) const {
    return other.term > last_term() || (other.term == last_term() && other.index >= last_index());
  }

  // The largest position not above `index` whose term is at most `term`: where a log that has `term` at
  // `index` could at best agree with this one. Never below the base, whose term may be larger.
  LogPosition LastAtMost(Index index, Term term) const;

  // The first index whose entry has `term` or a later one; last_index() + 1 if there is none.
  Index FirstIndexFrom(Term term) const;

  // Appends one entry. Requires: a term not below last_term().
  void Append(EntryMeta entry) { entries_.push_back(entry); }
  // Appends an entry that puts `configuration` into effect.
  void Append(EntryMeta entry, Configuration configuration);

  // Takes away everything after `last`, with the configurations there.
  // Requires: base_index() <= last.
  void TruncateAfter(Index last);

  // Forgets entries up to and including `last`, keeping its term as the base.
  // Requires: base_index() <= last <= last_index().
  void CompactTo(Index last);

  // The configuration in effect, and where it stands.
  const ConfigurationEntry& configuration() const { return configurations_.back(); }
  // All configurations known, oldest first; never empty.
  const std::vector<ConfigurationEntry>& configurations() const { return configurations_; }
  // The configuration that was in effect at `index`. Requires: base_index() <= index.
  const ConfigurationEntry& ConfigurationAt(Index index) const;

  // Bytes of the payloads of entries after `index`.
  uint64_t BytesAfter(Index index) const;

  friend bool operator==(const Log&, const Log&) = default;

 private:
  LogPosition base_;
  std::vector<EntryMeta> entries_;
  std::vector<ConfigurationEntry> configurations_;  // Ascending by index; the first is at or below the base.
};

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_LOG_H_
