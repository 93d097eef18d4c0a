"""A notebook in one file: notes go in, questions are answered, and a snapshot is kept.

    ./hypervex serve --data ./notes-data &
    PYTHONPATH=sdk/python/src python3 examples/python/notes.py [URL]

Each "# %%" begins a cell, for editors that run them one by one. The model here counts words, so that the example needs
nothing but Python; put your own in its place.
"""

# %% A toy model: texts that share words are near each other. The same on every machine.
import math
import re
import sys
import zlib

from hypervex import Client, field

DIMENSION = 256
COMMON = {"a", "an", "and", "are", "by", "do", "does", "in", "is", "of", "on", "the", "to", "what", "where", "which", "who"}


def embed(text):
    """Counts of the words that say something, each in a component that its letters choose; of length 1."""
    counts = [0.0] * DIMENSION
    for word in re.findall(r"[a-z]+", text.lower()):
        if word not in COMMON:
            counts[zlib.crc32(word.encode()) % DIMENSION] += 1.0
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts] if length else [1.0] + counts[1:]


# %% Notes.
NOTES = [
    ("oak", "plants", 2021, "Oaks bear acorns, which jays hide and forget, and so plant new oaks."),
    ("beech", "plants", 2019, "Beech leaves stay on young branches through the winter."),
    ("trout", "animals", 2022, "Trout live in cold rivers with gravel, where they lay their eggs."),
    ("jay", "animals", 2023, "A jay hides thousands of acorns each autumn."),
    ("danube", "places", 2020, "The Danube flows east through ten countries to the Black Sea."),
    ("rhine", "places", 2018, "The Rhine flows north from the Alps to the North Sea."),
]

# %% They go in: each with the vector of its text.
client = Client(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
client.create_collection("notes", dimension=DIMENSION, metric="cosine", field_indexes={"topic": "keyword"})
notes = client.collection("notes")
written = notes.upsert(
    {"vector_id": id, "vector": embed(text), "metadata": {"topic": topic, "year": year}, "document": text}
    for id, topic, year, text in NOTES
)
print(f"{written.upserted} notes")

# %% A question finds the notes that answer it.
for question in ["Who hides acorns?", "Which rivers flow to the sea?"]:
    hits = notes.search(embed(question), top_k=2, include=["document"])
    print(question)
    for hit in hits:
        print(f"  {hit.score:.2f} {hit.document}")

# %% Filters restrict a search to what their metadata say.
recent = field("topic").eq("animals") & field("year").gte(2022)
print("Recent notes on animals:", [hit.vector_id for hit in notes.search(embed("acorns"), filter=recent)])
print("By topic:", {facet.value: facet.count for facet in notes.facets("topic").values})

# %% What is like one note and unlike another.
print("Like the jay, unlike the trout:", [hit.vector_id for hit in notes.recommend(["jay"], ["trout"], top_k=1)])

# %% A backup, and what it is good for.
job = client.wait_for_job(notes.create_snapshot().id)
notes.delete_where({"topic": "places"})
print(f"{notes.count()} notes are left,", end=" ")
client.wait_for_job(notes.restore_snapshot(job.snapshot, replace=True).id)
print(f"{notes.count()} are back")
client.close()
