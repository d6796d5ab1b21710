// One self-contained HTML page of a run: a lane for each node, messages as arrows, clients' operations as bars.
//
// Idea: it is shown the records of a trace one by one and keeps columns of numbers and the words of each; the page
// draws what is in view on a canvas, so that 100,000 events open as quickly as a hundred. If a property was broken, the
// page opens there, with the events that it rests on: the chain of messages and steps that led to it.
#ifndef LOCKSTEP_TRACES_VIEW_TRACE_PAGE_H_
#define LOCKSTEP_TRACES_VIEW_TRACE_PAGE_H_

#include <memory>
#include <string>
#include <vector>

#include "traces/trace.pb.h"

namespace lockstep::traces::view {

class TracePage {
 public:
  TracePage();
  ~TracePage();
  TracePage(const TracePage&) = delete;
  TracePage& operator=(const TracePage&) = delete;

  // Takes the next record of the run.
  void Take(const proto::Record& record);
  // Something else that is worth a word beside the title: "not as expected".
  void AddFact(const std::string& fact);
  // Lines that tell what the run is about.
  void SetStory(const std::string& story);
  // The page. `name` is what the run is called. Cost: about 150 bytes for each event.
  std::string Finish(const std::string& name);

 private:
  struct Columns;
  std::unique_ptr<Columns> columns_;
};

}  // namespace lockstep::traces::view

#endif  // LOCKSTEP_TRACES_VIEW_TRACE_PAGE_H_
