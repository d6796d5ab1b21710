// Watches: ordered, unique, atomic, reliable, resumable.
#include <gtest/gtest.h>

#include "kvsm/api/kv.pb.h"
#include "kvsm/api/watch.pb.h"
#include "runtime/service/service_cluster.h"

namespace lockstep::runtime {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchResponse;

class WatchServiceTest : public testing::Test {
 protected:
  void Begin(uint32_t founders = 1) {
    cluster = std::make_unique<ServiceCluster>(founders);
    cluster->options.progress_notify_micros = 5'000'000;
    cluster->options.watch_unsent_bytes_max = 2000;
    cluster->options.watch_slice_bytes_max = 500;
    cluster->StartAll();
    leader = cluster->cluster().AwaitLeader();
    ASSERT_NE(leader, 0u);
  }
  void Put(const std::string& key, const std::string& value) {
    etcdserverpb::PutRequest put;
    put.set_key(key);
    put.set_value(value);
    etcdserverpb::PutResponse response;
    ASSERT_TRUE(cluster->Call(leader, "/etcdserverpb.KV/Put", put, &response).ok());
  }
  void Delete(const std::string& key, const std::string& end = "") {
    etcdserverpb::DeleteRangeRequest deletion;
    deletion.set_key(key);
    deletion.set_range_end(end);
    etcdserverpb::DeleteRangeResponse response;
    ASSERT_TRUE(cluster->Call(leader, "/etcdserverpb.KV/DeleteRange", deletion, &response).ok());
  }
  void Compact(int64_t revision) {
    etcdserverpb::CompactionRequest compact;
    compact.set_revision(revision);
    etcdserverpb::CompactionResponse response;
    ASSERT_TRUE(cluster->Call(leader, "/etcdserverpb.KV/Compact", compact, &response).ok());
  }
  std::shared_ptr<MemoryRpc> Stream(uint32_t node) { return cluster->Begin(node, "/etcdserverpb.Watch/Watch"); }
  static void Write(MemoryRpc& stream, const WatchCreateRequest& create) {
    etcdserverpb::WatchRequest request;
    *request.mutable_create_request() = create;
    stream.Write(request.SerializeAsString());
  }
  static WatchCreateRequest All(int64_t start_revision) {
    WatchCreateRequest create;
    create.set_range_end(std::string(1, '\0'));
    create.set_start_revision(start_revision);
    return create;
  }
  // "2:a=1 3:a-" of the events up to and with revision `last`; every response must be of a higher revision than those
  // before it, and a revision's events in one response.
  std::string Events(MemoryRpc& stream, int64_t last) {
    std::string text;
    int64_t revision = 0;
    while (revision < last) {
      WatchResponse response;
      if (!cluster->Next(stream, &response)) return text + " (no more)";
      // That something is compacted is told without a revision.
      EXPECT_EQ(response.header().revision() == 0, response.compact_revision() != 0);
      if (response.compact_revision() == 0) {
        EXPECT_GE(response.header().revision(), header_revision);
      }
      header_revision = std::max(header_revision, response.header().revision());
      if (response.canceled()) return text + " canceled " + std::to_string(response.compact_revision());
      for (const auto& event : response.events()) {
        const auto& kv = event.kv();
        EXPECT_GE(kv.mod_revision(), revision);
        if (&event == &response.events(0)) {
          EXPECT_GT(kv.mod_revision(), revision);
        }
        revision = kv.mod_revision();
        text += (text.empty() ? "" : " ") + std::to_string(revision) + ":" + kv.key();
        text += event.type() == mvccpb::Event::PUT ? "=" + kv.value() : "-";
        if (event.has_prev_kv()) text += "(" + event.prev_kv().value() + ")";
      }
    }
    return text;
  }

  std::unique_ptr<ServiceCluster> cluster;
  uint32_t leader = 0;
  int64_t header_revision = 0;
};

TEST_F(WatchServiceTest, TellsWhatHappensAndWhatHasHappened) {
  Begin();
  Put("a", "1");
  Put("b", "2");
  const auto stream = Stream(leader);
  Write(*stream, All(2));
  Put("a", "3");
  Delete("a", "c");
  EXPECT_EQ(Events(*stream, 5), "2:a=1 3:b=2 4:a=3 5:a- 5:b-");
  Put("c", "4");
  EXPECT_EQ(Events(*stream, 6), "6:c=4");
}

// What a node catches up with comes in one batch; the watch was up to date before.
TEST_F(WatchServiceTest, TellsWhatIsCompactedInTheSameBatch) {
  Begin(3);
  const uint32_t behind = cluster->Other(leader);
  Put("a", "1");
  const auto stream = Stream(behind);
  Write(*stream, All(2));
  EXPECT_EQ(Events(*stream, 2), "2:a=1");
  cluster->cluster().cut_off.insert(behind);
  Put("a", "2");
  Put("a", "3");
  Put("b", "4");
  Compact(5);
  cluster->cluster().cut_off.clear();
  EXPECT_EQ(Events(*stream, 5), "3:a=2 4:a=3 5:b=4");
}

TEST_F(WatchServiceTest, OnlyOfWhatWasAskedFor) {
  Begin();
  const struct {
    const char* what;
    void (*set)(WatchCreateRequest&);
    const char* events;
    int64_t last;
  } cases[] = {
      {"one key", [](auto& c) { c.set_key("b"); }, "3:b=2", 3},
      {"a range",
       [](auto& c) {
         c.set_key("b");
         c.set_range_end("d");
       },
       "3:b=2 6:c=5", 6},
      {"from a key on",
       [](auto& c) {
         c.set_key("b");
         c.set_range_end(std::string(1, '\0'));
       },
       "3:b=2 6:c=5", 6},
      {"no deletions",
       [](auto& c) {
         c.set_key("a");
         c.add_filters(WatchCreateRequest::NODELETE);
       },
       "2:a=1 4:a=3", 4},
      {"no puts",
       [](auto& c) {
         c.set_key("a");
         c.add_filters(WatchCreateRequest::NOPUT);
       },
       "5:a-", 5},
      {"what was before",
       [](auto& c) {
         c.set_key("a");
         c.set_prev_kv(true);
       },
       "2:a=1 4:a=3(1) 5:a-(3)", 5},
      {"from a later revision on",
       [](auto& c) {
         c.set_key("a");
         c.set_start_revision(4);
       },
       "4:a=3 5:a-", 5},
  };
  std::vector<std::shared_ptr<MemoryRpc>> early;
  const auto begin = [&](const auto& c) {
    WatchCreateRequest create;
    create.set_start_revision(2);
    c.set(create);
    early.push_back(Stream(leader));
    Write(*early.back(), create);
  };
  for (const auto& c : cases) begin(c);
  Put("a", "1");
  Put("b", "2");
  Put("a", "3");
  Delete("a");
  Put("c", "5");
  for (const auto& c : cases) begin(c);  // And once more, of the past.
  for (size_t i = 0; i < early.size(); ++i) {
    const auto& c = cases[i % std::size(cases)];
    header_revision = 0;
    EXPECT_EQ(Events(*early[i], c.last), c.events) << c.what << (i < std::size(cases) ? " as it happens" : " later");
  }
}

TEST_F(WatchServiceTest, ManyShareAStreamUnderIdsOfTheirOwn) {
  Begin();
  const auto stream = Stream(leader);
  WatchCreateRequest create;
  create.set_key("a");
  Write(*stream, create);
  create.set_watch_id(7);
  Write(*stream, create);
  Write(*stream, create);
  create.set_watch_id(0);
  create.set_range_end("a");
  Write(*stream, create);
  WatchResponse response;
  const struct {
    int64_t id;
    bool canceled;
    const char* reason;
  } expected[] = {{0, false, ""},
                  {7, false, ""},
                  {-1, true, "mvcc: duplicate watch ID provided on the WatchStream"},
                  {-1, true, "mvcc: watcher range is empty"}};
  for (const auto& e : expected) {
    ASSERT_TRUE(cluster->Next(*stream, &response));
    EXPECT_TRUE(response.created());
    EXPECT_EQ(response.watch_id(), e.id);
    EXPECT_EQ(response.canceled(), e.canceled);
    EXPECT_EQ(response.cancel_reason(), e.reason);
  }
  Put("a", "1");
  ASSERT_TRUE(cluster->Next(*stream, &response));
  EXPECT_EQ(response.watch_id(), 0);
  ASSERT_TRUE(cluster->Next(*stream, &response));
  EXPECT_EQ(response.watch_id(), 7);
  etcdserverpb::WatchRequest cancel;
  cancel.mutable_cancel_request()->set_watch_id(0);
  stream->Write(cancel.SerializeAsString());
  ASSERT_TRUE(cluster->Next(*stream, &response));
  EXPECT_TRUE(response.canceled());
  EXPECT_EQ(response.watch_id(), 0);
  Put("a", "2");
  ASSERT_TRUE(cluster->Next(*stream, &response));
  EXPECT_EQ(response.watch_id(), 7);
  EXPECT_EQ(cluster->services(leader).figures().watches, 1u);
  stream->Cancel();
  cluster->clock().Advance(1000);
  EXPECT_EQ(cluster->services(leader).figures().watches, 0u);
}

TEST_F(WatchServiceTest, ProgressIsAPromise) {
  Begin();
  const auto stream = Stream(leader);
  WatchCreateRequest create;
  create.set_key("x");
  create.set_progress_notify(true);
  Write(*stream, create);
  Put("a", "1");
  etcdserverpb::WatchRequest progress;
  progress.mutable_progress_request();
  stream->Write(progress.SerializeAsString());
  WatchResponse response;
  ASSERT_TRUE(cluster->Next(*stream, &response));  // Created.
  ASSERT_TRUE(cluster->Next(*stream, &response));
  EXPECT_EQ(response.watch_id(), -1);
  EXPECT_EQ(response.header().revision(), 2);
  Put("a", "2");
  ASSERT_TRUE(cluster->Next(*stream, &response, 6'000'000));
  EXPECT_EQ(response.watch_id(), 0);
  EXPECT_EQ(response.events_size(), 0);
  EXPECT_EQ(response.header().revision(), 3);
}

TEST_F(WatchServiceTest, ASlowClientHoldsUpNobodyAndMissesNothing) {
  Begin();
  const auto slow = Stream(leader);
  slow->window_bytes = 0;
  const auto fast = Stream(leader);
  Write(*slow, All(0));
  Write(*fast, All(0));
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    Put("key", std::string(100, 'v') + std::to_string(i));
    expected += (i == 0 ? "" : " ") + std::to_string(i + 2) + ":key=" + std::string(100, 'v') + std::to_string(i);
  }
  EXPECT_EQ(Events(*fast, 101), expected);
  EXPECT_LT(slow->unsent_bytes(), 5000u);
  EXPECT_EQ(cluster->services(leader).figures().watches_behind, 1u);
  // Now it reads, as fast as it gets something.
  header_revision = 0;
  EXPECT_EQ(Events(*slow, 101), expected);
  EXPECT_EQ(cluster->services(leader).figures().watches_behind, 0u);
}

TEST_F(WatchServiceTest, WhatIsCompactedCannotBeWatched) {
  Begin();
  for (int i = 0; i < 5; ++i) Put("a", std::to_string(i));
  Delete("a");
  Compact(7);
  const auto past = Stream(leader);
  Write(*past, All(6));
  EXPECT_EQ(Events(*past, 7), " canceled 7");
  const auto edge = Stream(leader);
  Write(*edge, All(7));
  header_revision = 0;
  EXPECT_EQ(Events(*edge, 7), "7:a-") << "the deletion at the compacted revision is still told";
}

TEST_F(WatchServiceTest, LargeAnswersAreCutWhereTheClientAllowsIt) {
  Begin();
  etcdserverpb::TxnRequest txn;
  for (const char* const key : {"a", "b"}) {
    auto& put = *txn.add_success()->mutable_request_put();
    put.set_key(key);
    put.set_value(std::string(700 << 10, 'v'));
  }
  etcdserverpb::TxnResponse done;
  ASSERT_TRUE(cluster->Call(leader, "/etcdserverpb.KV/Txn", txn, &done).ok());
  WatchCreateRequest create = All(2);
  create.set_prev_kv(true);
  for (const bool fragment : {false, true}) {
    // With what was before, the next change of both is twice as large.
    const auto stream = Stream(leader);
    create.set_start_revision(0);
    create.set_fragment(fragment);
    Write(*stream, create);
    ASSERT_TRUE(cluster->Call(leader, "/etcdserverpb.KV/Txn", txn, &done).ok());
    WatchResponse response;
    ASSERT_TRUE(cluster->Next(*stream, &response));  // Created.
    ASSERT_TRUE(cluster->Next(*stream, &response));
    EXPECT_EQ(response.fragment(), fragment);
    EXPECT_EQ(response.events_size(), fragment ? 1 : 2);
    if (!fragment) continue;
    ASSERT_TRUE(cluster->Next(*stream, &response));
    EXPECT_FALSE(response.fragment());
    EXPECT_EQ(response.events_size(), 1);
  }
}

TEST_F(WatchServiceTest, GoesOnAtAnotherNodeAfterTheLeaderIsGone) {
  Begin(3);
  const uint32_t follower = cluster->Other(leader);
  const auto stream = Stream(follower);
  Write(*stream, All(0));
  const auto lost = Stream(leader);
  Write(*lost, All(0));
  Put("a", "1");
  EXPECT_EQ(Events(*stream, 2), "2:a=1");
  header_revision = 0;
  EXPECT_EQ(Events(*lost, 2), "2:a=1");
  cluster->Stop(leader);
  leader = cluster->cluster().AwaitLeader();
  Put("a", "2");
  EXPECT_EQ(Events(*stream, 3), "3:a=2") << "a follower's watches do not mind";
  const auto resumed = Stream(leader);
  Write(*resumed, All(3));
  header_revision = 0;
  EXPECT_EQ(Events(*resumed, 3), "3:a=2");
}

TEST_F(WatchServiceTest, GoesOnAfterItsNodesStateCameFromASnapshot) {
  Begin(3);
  const uint32_t follower = cluster->Other(leader);
  const auto stream = Stream(follower);
  Write(*stream, All(0));
  Put("a", "0");
  EXPECT_EQ(Events(*stream, 2), "2:a=0");
  cluster->cluster().cut_off.insert(follower);
  std::string expected;
  for (int i = 3; i < 20; ++i) {
    Put("a", std::to_string(i));
    expected += (i == 3 ? "" : " ") + std::to_string(i) + ":a=" + std::to_string(i);
  }
  for (uint32_t node = 1; node <= 3; ++node) {
    if (node != follower) cluster->cluster().driver(node).TakeSnapshot();
  }
  cluster->clock().Advance(2'000'000);
  cluster->cluster().cut_off.clear();
  EXPECT_EQ(Events(*stream, 19), expected);
}

}  // namespace
}  // namespace lockstep::runtime
