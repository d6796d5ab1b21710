#include "spec/model/space.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace lockstep::model {
namespace {

constexpr uint32_t kUnknown = ~uint32_t{0};

uint64_t Key(uint32_t a, uint32_t b) { return uint64_t{a} << 32 | b; }

// What has become of `history` when a node has become `after`. [TLA Commit, Lead, Answer]
void TakeStep(const StepInfo& step, const Local& after, History& history) {
  if (step.reads) history.begun.push_back({history.committed_index(), false, 0});
  history.crashes += step.crashes ? 1 : 0;
  history.failures += step.fails ? 1 : 0;
  if (step.crashes || !after.up) return;
  const Node& node = after.node;
  for (Index k = history.committed_index() + 1; k <= node.commit_index; ++k) {
    history.committed.push_back({node.log.At(k), node.current_term});
  }
  if (node.role == Role::kLeader) {
    history.leaders.push_back({node.current_term, node.id});
    SortSet(history.leaders);
  }
  for (const ConfirmedRead& read : step.answered) {
    if (read.request == 0 || read.request > history.begun.size()) continue;
    history.begun[read.request - 1].answered = true;
    history.begun[read.request - 1].index = read.index;
  }
}

uint32_t& At(std::vector<uint32_t>& memo, uint32_t id) {
  if (memo.size() <= id) memo.resize(std::max<size_t>(id + 1, 2 * memo.size()), kUnknown);
  return memo[id];
}

std::string ReceptionName(const Message& message) { return std::string("Receive") + KindName(message.kind); }

// The program is wrong if there is no action of that name.
uint32_t ActionNumber(const std::string& name) {
  const std::vector<const char*>& names = ActionNames();
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) std::abort();
  return static_cast<uint32_t>(at - names.begin());
}

std::vector<std::vector<uint32_t>> Permutations(uint32_t count) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 1u);
  std::vector<std::vector<uint32_t>> all;
  do {
    all.push_back(order);
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

}  // namespace

Space::Space(const Bounds& bounds, const PropertySet& properties) : bounds_(bounds), properties_(properties) {
  lists_.Intern({});
  FindRenamings();
}

// Renamings that change neither who founded the cluster nor who may start elections nor which changes there are.
void Space::FindRenamings() {
  const auto keeps = [this](const std::vector<uint32_t>& nodes) {
    for (uint32_t i = 0; i < nodes.size(); ++i) {
      if ((i < bounds_.founders) != (nodes[i] <= bounds_.founders)) return false;
      if ((i < bounds_.starters) != (nodes[i] <= bounds_.starters)) return false;
      if (nodes[i] == i + 1) continue;
      for (const Change& change : bounds_.changes) {
        for (const MemberChange& member : change.members) {
          if (member.node.number == i + 1) return false;
        }
      }
    }
    return true;
  };
  for (const auto& nodes : Permutations(bounds_.servers)) {
    if (!keeps(nodes)) continue;
    for (const auto& values : Permutations(bounds_.values)) renamings_.push_back({nodes, values});
  }
  for (auto* memo : {&renamed_locals_, &renamed_messages_, &renamed_lists_, &renamed_histories_}) {
    memo->resize(renamings_.size());
  }
}

StateKey Space::Initial() {
  Configuration founding;
  for (uint32_t i = 1; i <= bounds_.founders; ++i) founding.voters.push_back({i, 0});
  const auto founders = std::make_shared<const Configuration>(founding);
  const auto nobody = std::make_shared<const Configuration>();
  StateKey state;
  for (uint32_t i = 0; i < bounds_.servers; ++i) {
    Local local = StartLocal({i + 1, 0}, EmptyDisk(i < bounds_.founders ? founders : nobody), false);
    state.locals[i] = locals_.Intern(std::move(local));
    is_unsettled_.resize(locals_.size(), false);
  }
  state.history = histories_.Intern({});
  return state;
}

uint32_t Space::AddStep(uint32_t before, LocalStep&& step, uint32_t received) {
  StepInfo info;
  info.action = ActionNumber(received == kUnknown ? step.action : ReceptionName(messages_[received]));
  info.detail = std::move(step.detail);
  Normalize(step.after);
  info.before = before;
  info.received = received;
  info.answered = std::move(step.result.answered);
  info.crashes = step.crashes;
  info.fails = step.fails;
  info.reads = step.reads;
  info.is_within = IsWithin(bounds_, step.after);
  const Message* message = received == kUnknown ? nullptr : &messages_[received];
  info.violates = CheckLocalStep(properties_, locals_[before], step.after, step.result, message);
  const bool is_unsettled = IsUnsettled(bounds_, step.after);
  info.after = locals_.Intern(std::move(step.after));
  if (is_unsettled_.size() < locals_.size()) is_unsettled_.push_back(is_unsettled);
  std::vector<uint32_t> sent;
  for (Message& m : step.result.sent) sent.push_back(messages_.Intern(std::move(m)));
  std::sort(sent.begin(), sent.end());
  sent.erase(std::unique(sent.begin(), sent.end()), sent.end());
  info.sent = lists_.Intern(sent);
  steps_.push_back(std::move(info));
  return static_cast<uint32_t>(steps_.size() - 1);
}

const std::vector<uint32_t>& Space::OwnSteps(uint32_t local, uint32_t read) {
  const auto [known, is_new] = own_steps_.try_emplace(Key(local, read));
  if (!is_new) return known->second;
  std::vector<uint32_t> steps;
  for (LocalStep& step : Transitions(bounds_, locals_[local], read, is_unsettled_[local])) {
    steps.push_back(AddStep(local, std::move(step), kUnknown));
  }
  return own_steps_[Key(local, read)] = std::move(steps);
}

uint32_t Space::ReceptionStep(uint32_t local, uint32_t message) {
  const auto known = reception_steps_.find(Key(local, message));
  if (known != reception_steps_.end()) return known->second;
  std::optional<LocalStep> step = Reception(bounds_, locals_[local], messages_[message]);
  const uint32_t id = step.has_value() ? AddStep(local, *std::move(step), message) : kUnknown;
  reception_steps_[Key(local, message)] = id;
  return id;
}

uint32_t Space::MessagesAfter(const StateKey& state, uint32_t node, const StepInfo& step) {
  const bool moved = step.after != step.before;
  if (!moved && lists_.size(step.sent) == 0) return state.messages;
  const Local& after = locals_[step.after];
  const uint32_t* old = lists_.data(state.messages);
  const uint32_t* old_end = old + lists_.size(state.messages);
  const uint32_t* sent = lists_.data(step.sent);
  const uint32_t* sent_end = sent + lists_.size(step.sent);
  scratch_.clear();
  while (old != old_end || sent != sent_end) {
    const bool is_old = sent == sent_end || (old != old_end && *old <= *sent);
    if (is_old && sent != sent_end && *old == *sent) ++sent;
    const uint32_t id = is_old ? *old++ : *sent++;
    const Message& message = messages_[id];
    const uint32_t dest = message.dest.number - 1;
    if (dest == node ? moved || !is_old : !is_old) {
      const Local& receiver = dest == node ? after : locals_[state.locals[dest]];
      if (Ignored(message, receiver.node, receiver.disk.term)) continue;
    }
    scratch_.push_back(id);
  }
  return lists_.Intern(scratch_);
}

bool Space::Apply(const StateKey& state, uint32_t node, const StepInfo& step, StateKey& successor) {
  successor.messages = MessagesAfter(state, node, step);
  successor.locals[node] = step.after;
  return bounds_.max_messages == 0 || lists_.size(successor.messages) <= bounds_.max_messages;
}

uint32_t Space::HistoryAfter(uint32_t history, uint32_t step_id) {
  const auto known = history_steps_.find(Key(history, step_id));
  if (known != history_steps_.end()) return known->second;
  const StepInfo& step = steps_[step_id];
  History after = histories_[history];
  TakeStep(step, locals_[step.after], after);
  const bool is_within = after.crashes <= bounds_.max_crashes && after.failures <= bounds_.max_failures &&
                         after.begun.size() <= bounds_.max_reads;
  const uint32_t id = is_within ? histories_.Intern(std::move(after)) : kUnknown;
  history_steps_[Key(history, step_id)] = id;
  return id;
}

StateKey Space::RenamedState(const StateKey& state, size_t renaming) {
  const Renaming& names = renamings_[renaming];
  StateKey renamed;
  for (uint32_t i = 0; i < bounds_.servers; ++i) {
    uint32_t local = At(renamed_locals_[renaming], state.locals[i]);
    if (local == kUnknown) {
      local = locals_.Intern(Renamed(locals_[state.locals[i]], names));
      if (is_unsettled_.size() < locals_.size()) is_unsettled_.push_back(is_unsettled_[state.locals[i]]);
      At(renamed_locals_[renaming], state.locals[i]) = local;
    }
    renamed.locals[names.nodes[i] - 1] = local;
  }
  renamed.messages = At(renamed_lists_[renaming], state.messages);
  if (renamed.messages == kUnknown) {
    std::vector<uint32_t> list;
    for (size_t i = 0; i < lists_.size(state.messages); ++i) {
      const uint32_t old = lists_.data(state.messages)[i];
      uint32_t message = At(renamed_messages_[renaming], old);
      if (message == kUnknown) {
        message = messages_.Intern(Renamed(messages_[old], names));
        At(renamed_messages_[renaming], old) = message;
      }
      list.push_back(message);
    }
    std::sort(list.begin(), list.end());
    renamed.messages = lists_.Intern(list);
    At(renamed_lists_[renaming], state.messages) = renamed.messages;
  }
  renamed.history = At(renamed_histories_[renaming], state.history);
  if (renamed.history == kUnknown) {
    renamed.history = histories_.Intern(Renamed(histories_[state.history], names));
    At(renamed_histories_[renaming], state.history) = renamed.history;
  }
  return renamed;
}

StateKey Space::Canonical(const StateKey& state) {
  StateKey smallest = state;
  for (size_t i = 1; i < renamings_.size(); ++i) smallest = std::min(smallest, RenamedState(state, i));
  return smallest;
}

StateView Space::View(const StateKey& state) const {
  StateView view;
  view.bounds = &bounds_;
  view.history = &histories_[state.history];
  for (uint32_t i = 0; i < bounds_.servers; ++i) view.locals.push_back(&locals_[state.locals[i]]);
  for (size_t i = 0; i < lists_.size(state.messages); ++i) {
    view.messages.push_back(&messages_[lists_.data(state.messages)[i]]);
  }
  return view;
}

std::string Space::Text(const StepInfo& step, uint32_t node) const {
  std::string text = std::to_string(node + 1) + " ";
  if (step.received == kUnknown) {
    text += std::string(ActionNames()[step.action]) + (step.detail.empty() ? std::string() : " " + step.detail);
  } else {
    text += "Receive" + ToString(messages_[step.received]).replace(0, 0, " ");
  }
  return text;
}

std::string Space::Text(const StateKey& state) const {
  std::string text;
  for (uint32_t i = 0; i < bounds_.servers; ++i) text += "    " + ToString(locals_[state.locals[i]]) + "\n";
  return text;
}

}  // namespace lockstep::model
