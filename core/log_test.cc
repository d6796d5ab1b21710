#include "core/log.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>
#include <vector>

namespace lockstep {
namespace {

EntryMeta Entry(Term term, uint32_t bytes = 1) { return {term, bytes, EntryKind::kCommand}; }
Configuration Voters(uint32_t number) { return {.voters = {{number}}}; }

// index   1 2 3 4 5 6
// term    1 1 1 4 4 5
Log SixEntries() {
  Log log;
  for (Term term : {1, 1, 1, 4, 4, 5}) log.Append(Entry(term));
  return log;
}

TEST(LogTest, AnEmptyLogEndsAtZero) {
  const Log log;
  EXPECT_EQ(log.first_index(), 1u);
  EXPECT_EQ(log.last_index(), 0u);
  EXPECT_EQ(log.last_term(), 0u);
  EXPECT_EQ(log.TermAt(0), 0u);
  EXPECT_EQ(log.TermAt(1), std::nullopt);
  EXPECT_EQ(log.configuration(), ConfigurationEntry{});
}

TEST(LogTest, ALaterLastTermOrTheSameAndNoShorterIsUpToDate) {
  const Log log = SixEntries();
  EXPECT_TRUE(log.IsUpToDate({1, 6}));
  EXPECT_TRUE(log.IsUpToDate({6, 5}));
  EXPECT_TRUE(log.IsUpToDate({7, 5}));
  EXPECT_FALSE(log.IsUpToDate({5, 5}));
  EXPECT_FALSE(log.IsUpToDate({9, 4}));
}

TEST(LogTest, LastAtMostSkipsTermsThatCannotAgree) {
  Log log = SixEntries();
  EXPECT_EQ(log.LastAtMost(6, 5), (LogPosition{6, 5}));
  EXPECT_EQ(log.LastAtMost(6, 3), (LogPosition{3, 1}));
  EXPECT_EQ(log.LastAtMost(9, 4), (LogPosition{5, 4}));
  EXPECT_EQ(log.LastAtMost(6, 0), (LogPosition{0, 0}));
  log.CompactTo(5);
  EXPECT_EQ(log.LastAtMost(6, 0), (LogPosition{5, 4})) << "the base is the end, even if its term is larger";
}

TEST(LogTest, FirstIndexFromFindsATermsFirstEntry) {
  const Log log = SixEntries();
  EXPECT_EQ(log.FirstIndexFrom(0), 1u);
  EXPECT_EQ(log.FirstIndexFrom(2), 4u);
  EXPECT_EQ(log.FirstIndexFrom(5), 6u);
  EXPECT_EQ(log.FirstIndexFrom(6), 7u);
}

TEST(LogTest, AConfigurationHoldsFromItsEntryUntilItIsTruncated) {
  Log log({4, 2}, {3, Voters(1)});
  log.Append(Entry(3));
  log.Append({3, 0, EntryKind::kConfiguration}, Voters(2));
  log.Append(Entry(3));
  EXPECT_EQ(log.configuration(), (ConfigurationEntry{6, Voters(2)}));
  EXPECT_EQ(log.ConfigurationAt(5), (ConfigurationEntry{3, Voters(1)}));
  EXPECT_EQ(log.ConfigurationAt(6), (ConfigurationEntry{6, Voters(2)}));
  log.TruncateAfter(6);
  EXPECT_EQ(log.configuration(), (ConfigurationEntry{6, Voters(2)}));
  log.TruncateAfter(5);
  EXPECT_EQ(log.configuration(), (ConfigurationEntry{3, Voters(1)}));
}

TEST(LogTest, CompactionKeepsTheTermOfTheBaseAndTheConfigurationInEffectThere) {
  Log log = SixEntries();
  log.Append({5, 0, EntryKind::kConfiguration}, Voters(2));
  log.Append(Entry(5));
  log.CompactTo(8);
  EXPECT_EQ(log.base(), (LogPosition{8, 5}));
  EXPECT_EQ(log.last_index(), 8u);
  EXPECT_EQ(log.last_term(), 5u);
  EXPECT_EQ(log.TermAt(7), std::nullopt);
  EXPECT_EQ(log.TermAt(8), 5u);
  EXPECT_EQ(log.configurations(), (std::vector<ConfigurationEntry>{{7, Voters(2)}}));
}

// ---- Against a log that keeps everything ------------------------------------------------------------------

// All entries from index 1, never compacted; `base` is remembered beside them.
struct NaiveLog {
  std::vector<EntryMeta> entries;
  std::map<Index, Configuration> configurations{{0, {}}};
  Index base = 0;

  Index last() const { return entries.size(); }
  Term TermOf(Index index) const { return index == 0 ? 0 : entries[index - 1].term; }
  bool Known(Index index) const { return index >= base && index <= last(); }
  ConfigurationEntry ConfigurationAt(Index index) const {
    const auto at = std::prev(configurations.upper_bound(index));
    return {at->first, at->second};
  }
};

void Append(Log& log, NaiveLog& naive) {
  const Term term = naive.TermOf(naive.last()) + *rc::gen::weightedElement<Term>({{3, 0}, {1, 1}, {1, 3}});
  EntryMeta entry{term, *rc::gen::inRange<uint32_t>(0, 100), EntryKind::kCommand};
  if (*rc::gen::weightedElement<bool>({{4, false}, {1, true}})) {
    entry.kind = EntryKind::kConfiguration;
    const Configuration configuration = Voters(*rc::gen::inRange<uint32_t>(1, 9));
    naive.configurations[naive.last() + 1] = configuration;
    log.Append(entry, configuration);
  } else {
    log.Append(entry);
  }
  naive.entries.push_back(entry);
}

void Truncate(Log& log, NaiveLog& naive) {
  const Index last = *rc::gen::inRange<Index>(naive.base, naive.last() + 3);
  log.TruncateAfter(last);
  if (last >= naive.last()) return;
  naive.entries.resize(last);
  // The configuration of the base stays, as committed ones do.
  std::erase_if(naive.configurations, [&](const auto& entry) { return entry.first > last; });
}

void Compact(Log& log, NaiveLog& naive) {
  naive.base = *rc::gen::inRange<Index>(naive.base, naive.last() + 1);
  log.CompactTo(naive.base);
}

// The last position at or below `index` with a term that is not above `term`, or the base.
LogPosition NaiveLastAtMost(const NaiveLog& naive, Index index, Term term) {
  for (Index i = std::min(index, naive.last()); i > naive.base; --i) {
    if (naive.TermOf(i) <= term) return {i, naive.TermOf(i)};
  }
  return {naive.base, naive.TermOf(naive.base)};
}

Index NaiveFirstIndexFrom(const NaiveLog& naive, Term term) {
  for (Index i = naive.base + 1; i <= naive.last(); ++i) {
    if (naive.TermOf(i) >= term) return i;
  }
  return naive.last() + 1;
}

uint64_t NaiveBytesAfter(const NaiveLog& naive, Index index) {
  uint64_t bytes = 0;
  for (Index i = std::max(index, naive.base) + 1; i <= naive.last(); ++i) bytes += naive.entries[i - 1].bytes;
  return bytes;
}

void Compare(const Log& log, const NaiveLog& naive) {
  RC_ASSERT(log.base() == (LogPosition{naive.base, naive.TermOf(naive.base)}));
  RC_ASSERT(log.first_index() == naive.base + 1);
  RC_ASSERT(log.last_index() == naive.last());
  RC_ASSERT(log.last_term() == naive.TermOf(naive.last()));
  RC_ASSERT(log.configuration() == naive.ConfigurationAt(naive.last()));
  for (Index i = 0; i <= naive.last() + 2; ++i) {
    RC_ASSERT(log.TermAt(i) == (naive.Known(i) ? std::optional(naive.TermOf(i)) : std::nullopt));
    RC_ASSERT(log.BytesAfter(i) == NaiveBytesAfter(naive, i));
    if (i > naive.base && i <= naive.last()) RC_ASSERT(log.At(i) == naive.entries[i - 1]);
    if (i < naive.base) continue;
    RC_ASSERT(log.ConfigurationAt(i) == naive.ConfigurationAt(i));
    for (Term term = 0; term <= log.last_term() + 1; ++term) {
      RC_ASSERT(log.LastAtMost(i, term) == NaiveLastAtMost(naive, i, term));
      RC_ASSERT(log.Matches({i, term}) == (naive.Known(i) && naive.TermOf(i) == term));
    }
  }
  for (Term term = 0; term <= log.last_term() + 1; ++term) {
    RC_ASSERT(log.FirstIndexFrom(term) == NaiveFirstIndexFrom(naive, term));
  }
}

RC_GTEST_PROP(LogTest, BehavesAsALogThatKeepsEverything, ()) {
  Log log;
  NaiveLog naive;
  const size_t operations = *rc::gen::inRange<size_t>(1, 25);
  for (size_t i = 0; i < operations; ++i) {
    switch (*rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {1, 2}})) {
      case 0:
        Append(log, naive);
        break;
      case 1:
        Truncate(log, naive);
        break;
      default:
        Compact(log, naive);
    }
    Compare(log, naive);
  }
}

// Equal contents are equal values, however they came about.
RC_GTEST_PROP(LogTest, WhatWasTruncatedLeavesNoTrace, ()) {
  Log log;
  NaiveLog naive;
  const size_t kept = *rc::gen::inRange<size_t>(0, 10), dropped = *rc::gen::inRange<size_t>(0, 10);
  for (size_t i = 0; i < kept; ++i) Append(log, naive);
  const Log before = log;
  for (size_t i = 0; i < dropped; ++i) Append(log, naive);
  RC_ASSERT((log == before) == (dropped == 0));
  log.TruncateAfter(kept);
  RC_ASSERT(log == before);
}

}  // namespace
}  // namespace lockstep
