// hnswlib as a process that is measured by commands on stdin, like HypervexWorker.cs.
//   hnswlib DIRECTORY DIMENSION l2|cosine|dot|poincare K M EF_CONSTRUCTION BUILD_THREADS
// DIRECTORY holds base.f32, queries.f32 and truth.i32 (k rows for each query); the index is kept there and used again.
// Commands: "search EF SECONDS THREADS", "filtered CASE FIRST GROW EF SECONDS", "quit"; each answer, and the first line, is one JSON object.
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;

template <typename T>
static std::vector<T> Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    fprintf(stderr, "hnswlib: %s cannot be read\n", path.c_str());
    exit(3);
  }
  std::vector<T> values(static_cast<size_t>(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

static double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

static void Normalize(std::vector<float>& rows, size_t dimension) {
  for (size_t at = 0; at < rows.size(); at += dimension) {
    double square = 0;
    for (size_t i = 0; i < dimension; i++) square += static_cast<double>(rows[at + i]) * rows[at + i];
    const double factor = square > 0 ? 1 / std::sqrt(square) : 0;
    for (size_t i = 0; i < dimension; i++) rows[at + i] = static_cast<float>(rows[at + i] * factor);
  }
}

static double AnonymousMegabytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  for (double kibibytes; status >> word;)
    if (word == "RssAnon:" && status >> kibibytes) return kibibytes * 1024 / 1e6;
  return 0;
}

// A user-defined distance for points of the Poincare ball: the argument of arcosh less 1, which orders as the geodesic distance does
// (Nickel & Kiela, 2017), without the arcosh itself. One pass over both rows; both gaps to the boundary are computed as it goes.
static float PoincareOrder(const void* left, const void* right, const void* parameter) {
  const auto *x = static_cast<const float*>(left), *y = static_cast<const float*>(right);
  const size_t dimension = *static_cast<const size_t*>(parameter);
  float difference = 0, xx = 0, yy = 0;
#pragma omp simd reduction(+ : difference, xx, yy)
  for (size_t i = 0; i < dimension; i++) {
    const float d = x[i] - y[i];
    difference += d * d;
    xx += x[i] * x[i];
    yy += y[i] * y[i];
  }
  return difference / ((1 - xx) * (1 - yy));
}

class PoincareSpace : public hnswlib::SpaceInterface<float> {
 public:
  explicit PoincareSpace(size_t dimension) : dimension_(dimension) {}
  size_t get_data_size() override { return dimension_ * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return PoincareOrder; }
  void* get_dist_func_param() override { return &dimension_; }

 private:
  size_t dimension_;
};

static double Percentile(const std::vector<double>& sorted, double share) {
  return sorted[std::max<size_t>(1, static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())))) - 1];
}

// Searches with a filter as a user has to make them who filters afterwards: FIRST rows are fetched, those whose label is outside of the
// query's range are dropped, and with GROW twice as many are fetched until k are left or all rows have been. CASE names two files
// beside the rows, its ranges (two labels for each query) and its true neighbours (k rows for each, -1 where no more match); labels.i32 has each row's label.
static void FilteredSearch(std::istringstream& words, const std::string& directory, hnswlib::HierarchicalNSW<float>& index, const std::vector<float>& queries,
                           size_t dimension, size_t k, size_t q) {
  std::string name;
  size_t first = 0, grow = 0, ef = 0;
  double seconds = 1;
  words >> name >> first >> grow >> ef >> seconds;
  const auto labels = Read<int>(directory + "/labels.i32"), ranges = Read<int>(directory + "/" + name + ".ranges.i32");
  const auto truth = Read<int>(directory + "/" + name + ".truth.i32");
  const size_t n = labels.size();
  std::vector<std::pair<float, int>> hits;
  size_t fetched = 0;
  const auto search = [&](size_t i) {
    for (size_t wanted = std::min(first, n);; wanted = std::min(2 * wanted, n)) {
      index.setEf(std::max(ef, wanted));
      hits.clear();
      fetched = wanted;
      for (auto result = index.searchKnn(queries.data() + i * dimension, wanted); !result.empty(); result.pop()) {
        const auto row = static_cast<int>(result.top().second);
        if (labels[row] >= ranges[2 * i] && labels[row] <= ranges[2 * i + 1]) hits.emplace_back(result.top().first, row);
      }
      if (hits.size() >= k || !grow || wanted == n) break;
    }
    std::reverse(hits.begin(), hits.end());  // they came farthest first
    if (hits.size() > k) hits.resize(k);
  };

  std::vector<size_t> asked;
  for (size_t i = 0; i < q; i++)
    if (ranges[2 * i] <= ranges[2 * i + 1]) asked.push_back(i);
  size_t found = 0, wanted = 0, shorter = 0, all = 0, least = k;
  for (const size_t i : asked) {
    const auto begin = truth.begin() + static_cast<std::ptrdiff_t>(i * k);
    const auto end = std::find(begin, begin + static_cast<std::ptrdiff_t>(k), -1);
    const float limit = index.fstdistfunc_(queries.data() + i * dimension, index.getDataByInternalId(index.label_lookup_.at(*(end - 1))), index.dist_func_param_);
    search(i);
    for (const auto& hit : hits) found += hit.first == limit || std::find(begin, end, hit.second) != end;
    const auto right = static_cast<size_t>(end - begin);
    wanted += right, all += fetched, shorter += hits.size() < right, least = std::min(least, hits.size());
  }
  std::vector<double> times;
  const auto start = Clock::now();
  auto now = start;
  for (size_t i = 0; i < asked.size() || std::chrono::duration<double>(now - start).count() < seconds; i++) {
    const auto before = now;
    search(asked[i % asked.size()]);
    now = Clock::now();
    times.push_back(std::chrono::duration<double, std::micro>(now - before).count());
  }
  std::sort(times.begin(), times.end());
  printf("{\"recall\":%.6f,\"short\":%zu,\"least_hits\":%zu,\"p50_us\":%.2f,\"p99_us\":%.2f,\"searches\":%zu,\"mean_fetched\":%.0f}\n",
         static_cast<double>(found) / static_cast<double>(wanted), shorter, least, Percentile(times, .5), Percentile(times, .99), times.size(),
         static_cast<double>(all) / static_cast<double>(asked.size()));
  fflush(stdout);
}

int main(int argc, char** argv) {
  if (argc < 8) return 2;
  const std::string directory = argv[1], metric = argv[3];
  const size_t dimension = std::stoul(argv[2]), k = std::stoul(argv[4]);
  const size_t m = std::stoul(argv[5]), efConstruction = std::stoul(argv[6]), threads = std::stoul(argv[7]);
  auto base = Read<float>(directory + "/base.f32"), queries = Read<float>(directory + "/queries.f32");
  const auto truth = Read<int>(directory + "/truth.i32");
  if (metric == "cosine") Normalize(base, dimension), Normalize(queries, dimension);
  const size_t n = base.size() / dimension, q = truth.size() / k;
  std::unique_ptr<hnswlib::SpaceInterface<float>> space;
  if (metric == "l2")
    space = std::make_unique<hnswlib::L2Space>(dimension);
  else if (metric == "poincare")
    space = std::make_unique<PoincareSpace>(dimension);
  else
    space = std::make_unique<hnswlib::InnerProductSpace>(dimension);

  // A hit that is exactly as near as the k-th true neighbour counts, as it does for Hypervex.
  std::vector<float> limits(q);
  for (size_t i = 0; i < q; i++)
    limits[i] = space->get_dist_func()(queries.data() + i * dimension, base.data() + truth[i * k + k - 1] * dimension, space->get_dist_func_param());

  const std::string kept = directory + "/hnswlib-" + argv[5] + "-" + argv[6] + "-" + argv[7];
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> index;
  double built = 0;
  bool cached = false;
  if (std::ifstream seconds(kept + ".seconds"); seconds >> built) {
    index = std::make_unique<hnswlib::HierarchicalNSW<float>>(space.get(), kept + ".index");
    cached = true;
  } else {
    index = std::make_unique<hnswlib::HierarchicalNSW<float>>(space.get(), n, m, efConstruction, 1);
    const auto start = Clock::now();
    index->addPoint(base.data(), 0);
    std::atomic<size_t> next{1};
    std::vector<std::thread> builders;
    for (size_t t = 0; t < threads; t++)
      builders.emplace_back([&] {
        for (size_t i; (i = next++) < n;) index->addPoint(base.data() + i * dimension, i);
      });
    for (auto& builder : builders) builder.join();
    built = Seconds(start);
    index->saveIndex(kept + ".index");
    std::ofstream(kept + ".seconds") << built << "\n";
  }
  std::vector<float>().swap(base);
  printf("{\"build\":{\"seconds\":%.3f,\"threads\":%zu,\"cached\":%s,\"anon_rss_mb\":%.1f}}\n", built, threads, cached ? "true" : "false", AnonymousMegabytes());
  fflush(stdout);

  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::istringstream words(line);
    std::string command;
    size_t ef = 0, searchers = 1;
    double seconds = 1;
    words >> command;
    if (command == "filtered") {
      FilteredSearch(words, directory, *index, queries, dimension, k, q);
      continue;
    }
    words >> ef >> seconds >> searchers;
    index->setEf(ef);
    size_t found = 0;
    for (size_t i = 0; i < q; i++)
      for (auto result = index->searchKnn(queries.data() + i * dimension, k); !result.empty(); result.pop()) {
        const auto first = truth.begin() + static_cast<std::ptrdiff_t>(i * k), last = first + static_cast<std::ptrdiff_t>(k);
        found += result.top().first == limits[i] || std::find(first, last, static_cast<int>(result.top().second)) != last;
      }
    std::vector<std::vector<double>> times(searchers);
    std::vector<std::thread> workers;
    const auto start = Clock::now();
    for (size_t t = 0; t < searchers; t++)
      workers.emplace_back([&, t] {
        auto& mine = times[t];
        mine.reserve(1 << 20);
        auto now = start;
        for (size_t i = t * q / searchers; std::chrono::duration<double>(now - start).count() < seconds; i = (i + 1) % q) {
          const auto before = now;
          index->searchKnn(queries.data() + i * dimension, k);
          now = Clock::now();
          mine.push_back(std::chrono::duration<double, std::micro>(now - before).count());
        }
      });
    for (auto& worker : workers) worker.join();
    const double took = Seconds(start);
    std::vector<double> all;
    for (auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    printf("{\"ef\":%zu,\"recall\":%.6f,\"qps\":%.1f,\"p50_us\":%.2f,\"p95_us\":%.2f,\"p99_us\":%.2f,\"searches\":%zu}\n", ef,
           static_cast<double>(found) / static_cast<double>(q * k), static_cast<double>(all.size()) / took, Percentile(all, .5), Percentile(all, .95), Percentile(all, .99), all.size());
    fflush(stdout);
  }
}
