"""Who buys, and where they live: invented people at invented addresses, written in more than one alphabet."""

FIRST_NAMES = (
    "Pat", "Alex", "Sam", "Jordan", "Robin", "Casey", "Morgan", "Jamie", "Dana", "Lee", "Ana", "Luis", "Mei", "Omar",
    "Ruth", "Ivan", "Nia", "Tom", "Eva", "Kim",
)  # fmt: skip
LAST_NAMES = (
    "Example", "Miller", "O'Brien", "Garcia", "Nguyen", "Smith-Jones", "Kowalski", "de la Cruz", "Novak", "Okafor",
    "Rossi", "Haddad", "Chen", "Virtanen", "Silva", "Dubois", "Schmidt", "Singh", "Park", "Ali",
)  # fmt: skip
UNUSUAL_NAMES = (
    ("محمد", "الأحمد"), ("שירה", "כהן"), ("李", "小龍"), ("Zoë 🎁", "Ångström"), ("Łukasz", "Żółć"), ("👩🏽‍🚀", "Ride"),
    ("Ὀδυσσεύς", "Ιθακήσιος"), ("नेहा", "शर्मा"),
)  # fmt: skip
STREETS = ("Test Street", "Example Avenue", "Sample Road", "Mockingbird Lane", "Placeholder Boulevard", "Fixture Way")
CITIES = (
    ("Raleigh", "NC", "North Carolina", "27601"),
    ("Austin", "TX", "Texas", "78701"),
    ("Portland", "OR", "Oregon", "97201"),
    ("Madison", "WI", "Wisconsin", "53703"),
    ("Boise", "ID", "Idaho", "83702"),
    ("Providence", "RI", "Rhode Island", "02903"),
    ("Tucson", "AZ", "Arizona", "85701"),
    ("Savannah", "GA", "Georgia", "31401"),
    ("Duluth", "MN", "Minnesota", "55802"),
    ("Burlington", "VT", "Vermont", "05401"),
)
NOTES = ("Please leave with the neighbour", "Ring twice, dog is friendly", "Call before delivery", "Back door, please")
GIFT_MESSAGES = ("Happy birthday! 🎂", "With love from all of us", "שנה טובה", "Congratulations, Dr. Novak")
TAGS = ("VIP", "Gift,Wrap", "Wholesale", "Fragile,Insured")
