# What logistic.json says of rows.csv, by the description of model files and of reasons in the pages, and nothing else:
#     python3 logistic.py > logistic-scores.csv
# The model: till-features of data-samples/sales.csv at 2024-06-30 and 2024-09-30, with the segment of sales-truth.csv;
# till-train --impute --ridge=0.01 --folds=5 --calibrate=platt --model-out=logistic.json
import csv, json, math

body = json.load(open("logistic.json"))["body"]
model, calibration = body["logistic"], body["calibration"]
lines = open("rows.csv").read().splitlines()
print(lines[0] + ",probability,reason1,reason2")
for line, row in zip(lines[1:], csv.DictReader(lines)):
    eta, reasons = model["intercept"], []
    for column in model["columns"]:
        text = row[column["name"]]
        if column["type"] == "levels":
            known = text in column["levels"]
            effect = column["estimates"][column["levels"].index(text)] if known else 0
            text = text if known else ""
        else:
            value = float(text) if text else column["fill"]
            effect, text = column["estimates"][0] * value, "%.10g" % value
        eta += effect
        reasons.append((effect - column["mean_effect"], column["name"] + "=" + text))
    reasons.sort(key=lambda reason: -abs(reason[0]))
    raw = 1 / (1 + math.exp(-eta))
    probability = 1 / (1 + math.exp(calibration["a"] * raw + calibration["b"]))
    print(line + ",%.10g" % probability + "".join(",%s (%+.4f)" % (name, effect) for effect, name in reasons[:2]))
