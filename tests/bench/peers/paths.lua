-- wrk: one path after another out of the file KAP_BENCH_PATHS, each thread from its own place.
local paths = {}
for line in io.lines(os.getenv("KAP_BENCH_PATHS")) do
  paths[#paths + 1] = line
end
local at = 0
function init()
  math.randomseed(os.time())
  at = math.random(#paths)
end
function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
